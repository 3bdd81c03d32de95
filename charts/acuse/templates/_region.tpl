{{/* This region's Region object. */}}
{{- define "acuse.region" -}}
apiVersion: acuse.dev/v1alpha1
kind: Region
metadata:
  name: {{ .Values.region.name }}
spec:
  jurisdiction: {{ .Values.region.jurisdiction }}
  intakeURL: {{ quote .Values.region.intakeURL }}
  {{- with .Values.region.gateway }}
  gateway: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.region.ingressClassName }}
  ingressClassName: {{ . }}
  {{- end }}
  access: {type: InCluster}
  database:
    secretRef:
      namespace: {{ .Release.Namespace }}
      {{- with include "acuse.database" . | fromYaml }}
      name: {{ .name }}
      key: {{ .key }}
      {{- end }}
  objectStore:
    url: {{ include "acuse.objects.url" . | quote }}
    {{- with include "acuse.objects.secret" . }}
    secretRef: {namespace: {{ $.Release.Namespace }}, name: {{ . }}}
    {{- end }}
  {{- with include "acuse.egress" . | trim }}
  egress: {{- . | nindent 4 }}
  {{- end }}
  cordoned: {{ .Values.region.cordoned }}
  {{- if .Values.region.draining }}
  draining: true
  {{- end }}
  {{- if not (kindIs "invalid" .Values.region.capacity) }}
  capacity: {{ int64 .Values.region.capacity }}
  {{- end }}
{{- end }}
