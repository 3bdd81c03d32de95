{{/* What all pods have in common: nothing that Pod Security `restricted` refuses. */}}

{{/* Labels and annotations of the pods of [root, component, values]. */}}
{{- define "acuse.pod.metadata" -}}
{{- $values := index . 2 -}}
labels:
  {{- include "acuse.labels" (list (index . 0) (index . 1)) | nindent 2 }}
  {{- with $values.podLabels }}{{ toYaml . | nindent 2 }}{{ end }}
{{- with $values.podAnnotations }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "acuse.pod.security" -}}
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "acuse.container.security" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{/* Where the pods of [root, component, values] run. */}}
{{- define "acuse.pod.placing" -}}
{{- $values := index . 2 -}}
{{- with $values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{/* Zones first, then nodes; never at the price of not running. Of [root, component]. */}}
{{- define "acuse.pod.spread" -}}
topologySpreadConstraints:
{{- $selector := include "acuse.selector" . }}
{{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- $selector | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
{{- end }}
{{- end }}

{{/* Probes of a program: on the monitoring port, which no Gateway routes to. */}}
{{- define "acuse.probes" -}}
# Two minutes, for a machine under load.
startupProbe:
  httpGet: {path: /livez, port: monitoring}
  periodSeconds: 1
  timeoutSeconds: 3
  failureThreshold: 120
livenessProbe:
  httpGet: {path: /livez, port: monitoring}
  periodSeconds: 10
  timeoutSeconds: 3
  failureThreshold: 3
readinessProbe:
  httpGet: {path: /readyz, port: monitoring}
  periodSeconds: 2
  timeoutSeconds: 3
  failureThreshold: 2
{{- end }}

{{/* Waits until the database has this version's schema: a program never meets an older one. Of [root, image]. */}}
{{- define "acuse.database.wait" -}}
{{- $root := index . 0 -}}
- name: database
  image: {{ include "acuse.image" . }}
  imagePullPolicy: {{ $root.Values.image.pullPolicy }}
  args: [db, wait]
  env:
    - name: ACUSE_DATABASE_URL
      valueFrom:
        secretKeyRef: {{ include "acuse.database" $root }}
  resources:
    requests: {cpu: 10m, memory: 64Mi}
    limits: {memory: 256Mi}
  {{- include "acuse.container.security" $root | nindent 2 }}
  volumeMounts:
    - {name: tmp, mountPath: /tmp}
{{- end }}

{{/* Scratch space, and the last good copy of the tenants: it holds credentials, so in memory. */}}
{{- define "acuse.pod.volumes" -}}
- name: tmp
  emptyDir: {}
- name: tenants
  emptyDir: {medium: Memory, sizeLimit: 64Mi}
{{- end }}

{{- define "acuse.container.mounts" -}}
- {name: tmp, mountPath: /tmp}
- {name: tenants, mountPath: /var/cache/acuse}
{{- end }}
