{{/* What the intake, the workers and the API are made of alike. */}}

{{/* The ServiceAccount of [root, component, values]. */}}
{{- define "acuse.service-account" -}}
{{- $component := index . 1 -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "acuse.metadata" (list (index . 0) $component (printf "acuse-%s" $component)) | nindent 2 }}
  {{- with (index . 2).serviceAccountAnnotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* The PodDisruptionBudget of [root, component, values]; empty when it is off. */}}
{{- define "acuse.disruption-budget" -}}
{{- $component := index . 1 -}}
{{- with (index . 2).podDisruptionBudget -}}
{{- if .enabled -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{- include "acuse.metadata" (list (index $ 0) $component (printf "acuse-%s" $component)) | nindent 2 }}
spec:
  maxUnavailable: {{ .maxUnavailable }}
  # A pod that is not ready protects nothing, and must not stop a node's drain.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels: {{- include "acuse.selector" (list (index $ 0) $component) | nindent 6 }}
{{- end -}}
{{- end -}}
{{- end }}

{{/* The HPA by CPU of [root, component, values.autoscaling]. */}}
{{- define "acuse.cpu-autoscaler" -}}
{{- include "acuse.autoscaler" . }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: {type: Utilization, averageUtilization: {{ (index . 2).targetCPU }}}
{{- end }}

{{/* An HPA's head, of [root, component, values.autoscaling]; metrics follow. */}}
{{- define "acuse.autoscaler" -}}
{{- $name := printf "acuse-%s" (index . 1) -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{- include "acuse.metadata" (list (index . 0) (index . 1) $name) | nindent 2 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ $name }}}
  minReplicas: {{ (index . 2).minReplicas }}
  maxReplicas: {{ (index . 2).maxReplicas }}
{{- end }}

{{/* A route to a Service, by the region's gateway or as an Ingress: of a dict with root, component, name, hostname, type, path, service. */}}
{{- define "acuse.route" -}}
{{- $root := .root -}}
{{- $gateway := $root.Values.region.gateway -}}
{{- if $gateway -}}
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{- include "acuse.metadata" (list $root .component .name) | nindent 2 }}
spec:
  parentRefs:
    - {{ toJson $gateway }}
  {{- with .hostname }}
  hostnames: [{{ quote . }}]
  {{- end }}
  rules:
    - matches:
        - path: {type: {{ eq .type "Prefix" | ternary "PathPrefix" .type }}, value: {{ .path }}}
      backendRefs:
        - {name: {{ .service }}, port: 8080}
{{- else -}}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{- include "acuse.metadata" (list $root .component .name) | nindent 2 }}
spec:
  {{- with $root.Values.region.ingressClassName }}
  ingressClassName: {{ . }}
  {{- end }}
  rules:
    - {{ with .hostname }}host: {{ quote . }}
      {{ end }}http:
        paths:
          - path: {{ .path }}
            pathType: {{ .type }}
            backend:
              service:
                name: {{ .service }}
                port: {number: 8080}
{{- end -}}
{{- end }}
