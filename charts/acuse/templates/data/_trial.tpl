{{/* A single server for trials, as a StatefulSet with its Service and NetworkPolicy: of a dict with root, name, values, port, path. Its container is named "acuse.NAME.container". */}}
{{- define "acuse.trial" -}}
{{- $root := .root -}}
{{- $full := printf "acuse-%s" .name -}}
{{- $script := printf "%s.py" .name -}}
apiVersion: v1
kind: ConfigMap
metadata: {{- include "acuse.metadata" (list $root .name $full) | nindent 2 }}
data:
  {{ $script }}: {{ $root.Files.Get (printf "files/trial/%s" $script) | quote }}
---
apiVersion: v1
kind: Service
metadata: {{- include "acuse.metadata" (list $root .name $full) | nindent 2 }}
spec:
  selector: {{- include "acuse.selector" (list $root .name) | nindent 4 }}
  ports:
    - {name: {{ .name }}, port: {{ .port }}, targetPort: {{ .name }}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  {{- include "acuse.metadata" (list $root .name $full) | nindent 2 }}
  annotations:
    acuse.dev/trial: "One server without replica, backup or TLS: for trials only."
spec:
  replicas: 1
  serviceName: {{ $full }}
  selector:
    matchLabels: {{- include "acuse.selector" (list $root .name) | nindent 6 }}
  template:
    metadata:
      # Nothing that changes with the chart's version: an upgrade must not restart it, nor lose what it has in memory.
      labels: {{- include "acuse.selector" (list $root .name) | nindent 8 }}
    spec:
      automountServiceAccountToken: false
      terminationGracePeriodSeconds: 60
      {{- include "acuse.pod.security" $root | nindent 6 }}
      containers:
        - name: {{ .name }}
          image: {{ include "acuse.image" (list $root .values.image) }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          ports:
            - {name: {{ .name }}, containerPort: {{ .port }}}
          {{- include (printf "acuse.%s.container" .name) $root | nindent 10 }}
          startupProbe:
            tcpSocket: {port: {{ .name }}}
            periodSeconds: 1
            failureThreshold: 300
          readinessProbe:
            tcpSocket: {port: {{ .name }}}
            periodSeconds: 5
          resources: {{- toYaml .values.resources | nindent 12 }}
          {{- include "acuse.container.security" $root | nindent 10 }}
      volumes:
        - name: tmp
          emptyDir: {}
        - name: script
          configMap: {name: {{ $full }}}
        {{- with include (printf "acuse.%s.volumes" .name) $root }}{{ . | nindent 8 }}{{ end }}
        {{- if not .values.persistence.enabled }}
        - name: data
          emptyDir: {}
        {{- end }}
  {{- with .values.persistence }}
  {{- if .enabled }}
  volumeClaimTemplates:
    - apiVersion: v1
      kind: PersistentVolumeClaim
      metadata:
        name: data
      spec:
        accessModes: [ReadWriteOnce]
        {{- with .storageClass }}
        storageClassName: {{ . }}
        {{- end }}
        resources:
          requests: {storage: {{ .size }}}
  {{- end }}
  {{- end }}
{{- if $root.Values.networkPolicy.enabled }}
---
{{ include "acuse.policy" (list $root .name $full) }}
  ingress:
    - ports: [{protocol: TCP, port: {{ .port }}}]
      from:
        {{- include "acuse.from.programs" $root | nindent 8 }}
        {{- if eq .name "postgres" }}
        {{- include "acuse.from.keda" $root | nindent 8 }}
        {{- end }}
{{- end }}
{{- end }}
