{{/* Rules of the operator's roles. Verbs are what its code uses, and no more. */}}

{{- define "acuse.rules.cluster" -}}
{{- if include "acuse.runs.hub" . }}
- {apiGroups: [acuse.dev], resources: [tenants], verbs: [list, watch, patch]}
- {apiGroups: [acuse.dev], resources: [tenants/status], verbs: [patch]}
{{- if not .Values.operator.tenantNamespaces }}
# By name, what a Tenant names: `list` would show every Secret of the cluster.
- {apiGroups: [""], resources: [secrets], verbs: [get]}
{{- end }}
{{- end }}
- {apiGroups: [acuse.dev], resources: [regions], verbs: [get, list, watch, create, patch]}
# Each role says how the Regions are that it knows: its own, or those in other clusters.
- {apiGroups: [acuse.dev], resources: [regions/status], verbs: [patch]}
- {apiGroups: [events.k8s.io], resources: [events], verbs: [create]}
{{- end }}

{{/* In the release's namespace: routes beside the Service they point at, and the Secrets that Regions name. */}}
{{- define "acuse.rules.release" -}}
# Which of several operators works.
- {apiGroups: [coordination.k8s.io], resources: [leases], verbs: [create]}
- {apiGroups: [coordination.k8s.io], resources: [leases], resourceNames: [acuse-operator], verbs: [get, update]}
{{- $secrets := list }}
{{- if include "acuse.runs.region" . }}
- {apiGroups: [gateway.networking.k8s.io], resources: [httproutes], verbs: [get, list, watch, create, patch, delete]}
- {apiGroups: [networking.k8s.io], resources: [ingresses], verbs: [get, list, watch, create, patch, delete]}
{{- $secrets = append $secrets (include "acuse.database" . | fromYaml).name }}
{{- with include "acuse.objects.secret" . }}{{ $secrets = append $secrets . }}{{ end }}
{{- end }}
{{- if include "acuse.runs.hub" . }}{{ $secrets = concat $secrets .Values.operator.kubeconfigSecrets }}{{ end }}
{{- with $secrets }}
- {apiGroups: [""], resources: [secrets], resourceNames: {{ toJson . }}, verbs: [get]}
{{- end }}
{{- end }}

{{/* In the tenants' namespace: placements, and all that is made of them. */}}
{{- define "acuse.rules.tenants" -}}
{{- /* A region alone is handed its placements by a hub elsewhere. */}}
- {apiGroups: [acuse.dev], resources: [tenantplacements], verbs: [get, list, watch, patch{{ if include "acuse.runs.hub" . }}, create, delete{{ end }}]}
- {apiGroups: [acuse.dev], resources: [tenantplacements/status], verbs: [patch]}
# The heartbeat, the floor of the epochs, and whether the namespace itself is going.
- {apiGroups: [coordination.k8s.io], resources: [leases], verbs: [create]}
- {apiGroups: [coordination.k8s.io], resources: [leases], resourceNames: [acuse-region], verbs: [patch]}
- {apiGroups: [""], resources: [configmaps], verbs: [create]}
- {apiGroups: [""], resources: [configmaps], resourceNames: [acuse-epoch], verbs: [get, patch]}
- {apiGroups: [""], resources: [namespaces], resourceNames: [{{ .Values.tenantsNamespace.name }}], verbs: [get]}
- {apiGroups: [""], resources: [secrets, serviceaccounts], verbs: [get, list, watch, create, patch, delete]}
- {apiGroups: [apps], resources: [deployments], verbs: [get, list, watch, create, patch, delete]}
- {apiGroups: [autoscaling], resources: [horizontalpodautoscalers], verbs: [get, list, watch, create, patch, delete]}
- {apiGroups: [policy], resources: [poddisruptionbudgets], verbs: [get, list, watch, create, patch, delete]}
- {apiGroups: [networking.k8s.io], resources: [networkpolicies], verbs: [get, list, watch, create, patch, delete]}
- {apiGroups: [keda.sh], resources: [scaledobjects, triggerauthentications], verbs: [get, list, watch, create, patch, delete]}
{{- end }}

{{/* Of a hub in another cluster, in the tenants' namespace: it hands over placements and their credentials, and sees whether this operator lives. */}}
{{- define "acuse.rules.link" -}}
- {apiGroups: [acuse.dev], resources: [tenantplacements], verbs: [get, list, watch, create, patch, delete]}
- {apiGroups: [""], resources: [secrets], verbs: [get, list, watch, create, patch, delete]}
- {apiGroups: [coordination.k8s.io], resources: [leases], resourceNames: [acuse-region], verbs: [get]}
- {apiGroups: [""], resources: [configmaps], resourceNames: [acuse-epoch], verbs: [get, patch]}
{{- end }}

{{/* Of `acuse operator release`, in the release's namespace: stop the operator, remove routes. */}}
{{- define "acuse.rules.releasing.release" -}}
- {apiGroups: [apps], resources: [deployments/scale], resourceNames: [acuse-operator], verbs: [patch]}
- {apiGroups: [""], resources: [pods], verbs: [list]}
{{- if include "acuse.runs.region" . }}
- {apiGroups: [gateway.networking.k8s.io], resources: [httproutes], verbs: [list, delete]}
- {apiGroups: [networking.k8s.io], resources: [ingresses], verbs: [list, delete]}
{{- end }}
{{- end }}

{{/* And in the tenants' namespace: remove placements; what was made of them goes with them. */}}
{{- define "acuse.rules.releasing.tenants" -}}
- {apiGroups: [acuse.dev], resources: [tenantplacements], verbs: [get, list, patch, delete]}
- {apiGroups: [""], resources: [secrets], verbs: [list, delete]}
- {apiGroups: [networking.k8s.io], resources: [networkpolicies], verbs: [list, delete]}
- {apiGroups: [coordination.k8s.io], resources: [leases], resourceNames: [acuse-region], verbs: [delete]}
{{- end }}

{{/* Annotations of what an uninstall needs, of a weight. */}}
{{- define "acuse.hook.release" -}}
annotations:
  helm.sh/hook: pre-delete
  helm.sh/hook-weight: {{ . | quote }}
  helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}
