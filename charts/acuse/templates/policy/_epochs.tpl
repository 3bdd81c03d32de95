{{/* Parts of the policies on epochs. */}}

{{/* The API server itself sets this label of a namespace, at every write. */}}
{{- define "acuse.epochs.within" -}}
namespaceSelector:
  matchLabels: {kubernetes.io/metadata.name: {{ .Values.tenantsNamespace.name }}}
{{- end }}

{{/* The floor, 0 as long as no hub was seen. */}}
{{- define "acuse.epochs.floor" -}}
- name: floor
  expression: "has(params.status) && has(params.status.epoch) ? params.status.epoch : 0"
{{- end }}

{{/*
The parameter: the region's own Region, which the operator writes the floor to. Not the ConfigMap itself: once all policies
with a parameter of a kind of Kubernetes' own are gone, an API server finds none for those made anew until it is restarted
(kubernetes/kubernetes#133827).
*/}}
{{- define "acuse.epochs.param" -}}
paramKind: {apiVersion: acuse.dev/v1alpha1, kind: Region}
{{- end }}

{{/* The binding of [root, policy, what is done without the Region, empty for a policy that needs none]. */}}
{{- define "acuse.epochs.binding" -}}
{{- $root := index . 0 -}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {{- include "acuse.metadata.cluster" (list $root "policy" (index . 1)) | nindent 2 }}
spec:
  policyName: {{ index . 1 }}
  validationActions: [Deny]
  {{- with index . 2 }}
  paramRef: {name: {{ $root.Values.region.name }}, parameterNotFoundAction: {{ . }}}
  {{- end }}
{{- end }}
