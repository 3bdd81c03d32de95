{{/* How the hub is told of this region. */}}

{{/* The Secret on the hub with the kubeconfig of this region. */}}
{{- define "acuse.hub.secret" -}}acuse-region-{{ .Values.region.name }}{{- end }}

{{/* The command that prints that kubeconfig: kubectl fills its own template, so that no token is in a command line. */}}
{{- define "acuse.hub.kubeconfig" -}}
{{- $name := .Values.region.name -}}
{{- $server := default "'$(kubectl config view --minify -o jsonpath='{.clusters[0].cluster.server}')'" .Values.hubAccess.server -}}
{{- $ca := "{{index .data \"ca.crt\"}}" -}}
{{- $token := "{{base64decode .data.token}}" -}}
{{- $get := "get secret acuse-hub" -}}
{{- if not .Values.hubAccess.permanentToken -}}
{{- $ca = printf "'$(kubectl -n %s get configmap kube-root-ca.crt -o go-template='{{index .data \"ca.crt\"}}' | base64 | tr -d '\\n')'" .Release.Namespace -}}
{{- $token = "{{.status.token}}" -}}
{{- $get = "create token acuse-hub --duration 2160h" -}}
{{- end -}}
kubectl -n {{ .Release.Namespace }} {{ $get }} -o go-template='{"apiVersion":"v1","kind":"Config","current-context":"{{ $name }}",
  "clusters":[{"name":"{{ $name }}","cluster":{"server":"{{ $server }}","certificate-authority-data":"{{ $ca }}"}}],
  "users":[{"name":"acuse-hub","user":{"token":"{{ $token }}"}}],
  "contexts":[{"name":"{{ $name }}","context":{"cluster":"{{ $name }}","user":"acuse-hub"}}]}'
{{- end }}
