{{/* Parts of the policies on epochs. */}}

{{/* The API server itself sets this label of a namespace, at every write. */}}
{{- define "acuse.epochs.within" -}}
namespaceSelector:
  matchLabels: {kubernetes.io/metadata.name: {{ .Values.tenantsNamespace.name }}}
{{- end }}

{{/* Of what a whole number is: the floor, 0 as long as no hub was seen. */}}
{{- define "acuse.epochs.floor" -}}
- name: floor
  expression: >-
    has(params.data) && 'epoch' in params.data && params.data['epoch'].{{ . }} ? int(params.data['epoch']) : 0
{{- end }}

{{/* The binding of [root, policy, what is done without the ConfigMap, empty for a policy that needs none]. */}}
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
  paramRef: {name: acuse-epoch, namespace: {{ $root.Values.tenantsNamespace.name }}, parameterNotFoundAction: {{ . }}}
  {{- end }}
{{- end }}
