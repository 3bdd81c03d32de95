{{/* Rules of NetworkPolicies. */}}

{{/* The policy's head, of [root, component, name]; rules follow. */}}
{{- define "acuse.policy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{- include "acuse.metadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels: {{- include "acuse.selector" (list (index . 0) (index . 1)) | nindent 6 }}
  policyTypes: [Ingress, Egress]
{{- end }}

{{- define "acuse.from.monitoring" -}}
- ports: [{protocol: TCP, port: 9090}]
  {{- with .Values.networkPolicy.monitoringPeers }}
  from:
    {{- toYaml . | nindent 4 }}
    # `helm test` asks for health, too.
    - podSelector:
        matchLabels: {{- include "acuse.selector" (list $ "test") | nindent 10 }}
  {{- end }}
{{- end }}

{{- define "acuse.from.gateway" -}}
- ports: [{protocol: TCP, port: 8080}]
  {{- with .Values.networkPolicy.gatewayPeers }}
  from:
    {{- toYaml . | nindent 4 }}
    - podSelector:
        matchLabels: {{- include "acuse.selector" (list $ "test") | nindent 10 }}
  {{- end }}
{{- end }}

{{/* Whose programs use the trial database and store: ours, and tenants' own workers. */}}
{{- define "acuse.from.programs" -}}
- podSelector:
    matchLabels:
      app.kubernetes.io/name: acuse
      app.kubernetes.io/instance: {{ .Release.Name }}
- namespaceSelector:
    matchLabels:
      kubernetes.io/metadata.name: {{ .Values.tenantsNamespace.name }}
  podSelector:
    matchLabels:
      app.kubernetes.io/part-of: acuse
{{- end }}

{{/* KEDA, wherever it is: it asks the database itself how much waits. */}}
{{- define "acuse.from.keda" -}}
- namespaceSelector: {}
  podSelector:
    matchLabels:
      app.kubernetes.io/name: keda-operator
{{- end }}

{{- define "acuse.to.dns" -}}
- ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]
{{- end }}

{{/* The API server has no label and no fixed address. */}}
{{- define "acuse.to.apiserver" -}}
- ports:
    {{- range .Values.networkPolicy.apiServerPorts }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
{{- end }}

{{/* What a hub asks of other regions: API servers, and intakes by their public addresses. */}}
{{- define "acuse.to.other-regions" -}}
{{- range .Values.networkPolicy.otherRegions }}
- to:
    - ipBlock: {cidr: {{ quote .cidr }}}
  ports:
    {{- range .ports }}
    - {protocol: TCP, port: {{ int . }}}
    {{- end }}
{{- end }}
{{- end }}

{{/* Meta and public object stores: port 443 outside of private networks. */}}
{{- define "acuse.to.internet" -}}
- ports: [{protocol: TCP, port: 443}]
  to:
    - ipBlock:
        cidr: 0.0.0.0/0
        except: [10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16]
    - ipBlock:
        cidr: ::/0
        except: [fc00::/7, fe80::/10]
{{- end }}

{{/* The intake at its public address, where the operator asks it as Meta does. Inside the cluster that may lead to the gateway's own pods, at ports of their own. */}}
{{- define "acuse.to.intake" -}}
{{- $url := urlParse .Values.region.intakeURL -}}
{{- $port := regexFind ":[0-9]+$" $url.host | trimPrefix ":" | default (ternary "443" "80" (eq $url.scheme "https")) -}}
- ports: [{protocol: TCP, port: {{ $port }}}]
{{- with .Values.networkPolicy.gatewayPeers }}
- to: {{- toYaml . | nindent 4 }}
{{- end }}
{{- with .Values.region.gateway }}
- to:
    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: {{ .namespace }}}}
{{- end }}
{{- end }}

{{/* What the region says may be reached besides, the trial database and store included; as a list of the Region's own shape. */}}
{{- define "acuse.egress" -}}
{{- range .Values.region.egress }}
- {{ toYaml . | nindent 2 | trim }}
{{- end }}
{{- $namespace := dict "matchLabels" (dict "kubernetes.io/metadata.name" .Release.Namespace) }}
{{- if .Values.database.trial.enabled }}
- name: trial-database
  namespaceSelector: {{ toJson $namespace }}
  podSelector:
    matchLabels: {{- include "acuse.selector" (list . "postgres") | nindent 6 }}
  ports: [5432]
{{- end }}
{{- if .Values.objectStore.trial.enabled }}
- name: trial-objects
  namespaceSelector: {{ toJson $namespace }}
  podSelector:
    matchLabels: {{- include "acuse.selector" (list . "s3") | nindent 6 }}
  ports: [9000]
{{- end }}
{{- end }}

{{/* The same as rules. */}}
{{- define "acuse.to.region" -}}
{{- range include "acuse.egress" . | fromYamlArray }}
- to:
    {{- if .cidr }}
    - ipBlock: {cidr: {{ quote .cidr }}}
    {{- else }}
    {{- /* Without a namespace it is the tenants' own, as for their workers. */}}
    {{- $own := dict "matchLabels" (dict "kubernetes.io/metadata.name" $.Values.tenantsNamespace.name) }}
    - {{ merge (pick . "namespaceSelector" "podSelector") (dict "namespaceSelector" $own) | toJson }}
    {{- end }}
  {{- with .ports }}
  ports:
    {{- range . }}
    - {protocol: TCP, port: {{ int . }}}
    {{- end }}
  {{- end }}
{{- end }}
{{- end }}
