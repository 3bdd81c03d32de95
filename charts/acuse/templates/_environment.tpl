{{/* Environment variables; docs/reference/settings.md says what each does. */}}

{{- define "acuse.env.program" -}}
{{- with .Values.region.name }}
- {name: ACUSE_REGION, value: {{ quote . }}}
{{- end }}
- {name: ACUSE_LOG_LEVEL, value: {{ .Values.logLevel }}}
- {name: ACUSE_MONITORING_HOST, value: "0.0.0.0"}
- {name: ACUSE_MONITORING_PORT, value: "9090"}
{{- end }}

{{- define "acuse.env.database" -}}
- name: ACUSE_DATABASE_URL
  valueFrom:
    secretKeyRef: {{ include "acuse.database" . }}
{{- end }}

{{- define "acuse.env.tenants" -}}
- {name: ACUSE_TENANTS_SOURCE, value: cluster}
- {name: ACUSE_TENANTS_NAMESPACE, value: {{ .Values.tenantsNamespace.name }}}
- {name: ACUSE_TENANTS_CACHE, value: /var/cache/acuse/tenants}
{{- include "acuse.env.app" . }}
{{- end }}

{{/* The Meta app's own secret is where the intake may look: in the tenants' namespace. */}}
{{- define "acuse.env.app" -}}
{{- with .Values.metaApp.existingSecret }}
- {name: ACUSE_APP_SECRET_REF, value: {{ printf "%s/%s" $.Values.tenantsNamespace.name . }}}
{{- end }}
{{- end }}

{{- define "acuse.env.graph" -}}
- {name: ACUSE_GRAPH_URL, value: {{ quote .Values.graph.url }}}
{{- with .Values.graph.mediaHosts }}
- {name: ACUSE_MEDIA_HOSTS, value: {{ join "," . | quote }}}
{{- end }}
{{- end }}

{{- define "acuse.env.objects" -}}
- {name: ACUSE_OBJECT_STORE, value: {{ include "acuse.objects.url" . | quote }}}
{{- end }}

{{/* The store's credentials, under the names that its SDK reads. */}}
{{- define "acuse.env.objects.from" -}}
{{- with include "acuse.objects.secret" . }}
envFrom:
  - secretRef: {name: {{ . }}}
{{- end }}
{{- end }}
