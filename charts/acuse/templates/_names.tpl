{{/* Names and labels. Acuse is there once per cluster, so names are fixed and do not follow the release's. */}}

{{- define "acuse.runs.hub" -}}{{ ne .Values.role "region" | ternary "yes" "" }}{{- end }}
{{- define "acuse.runs.region" -}}{{ ne .Values.role "hub" | ternary "yes" "" }}{{- end }}

{{/* Of [root, component]. */}}
{{- define "acuse.labels" -}}
{{- $root := index . 0 -}}
{{- with $root.Values.commonLabels }}{{ toYaml . }}
{{ end -}}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
app.kubernetes.io/part-of: acuse
{{ include "acuse.selector" . }}
{{- end }}

{{/* Labels that never change: a Deployment's selector is immutable. */}}
{{- define "acuse.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: acuse
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* Metadata of [root, component, name]; in the release's namespace. */}}
{{- define "acuse.metadata" -}}
{{- $root := index . 0 -}}
name: {{ index . 2 }}
namespace: {{ $root.Release.Namespace }}
labels: {{- include "acuse.labels" (list $root (index . 1)) | nindent 2 }}
{{- end }}

{{/* Metadata of [root, component, name] without a namespace. */}}
{{- define "acuse.metadata.cluster" -}}
name: {{ index . 2 }}
labels: {{- include "acuse.labels" (list (index . 0) (index . 1)) | nindent 2 }}
{{- end }}

{{/* Metadata of [root, component, name] in the tenants' namespace. */}}
{{- define "acuse.metadata.tenants" -}}
{{- $root := index . 0 -}}
name: {{ index . 2 }}
namespace: {{ $root.Values.tenantsNamespace.name }}
labels: {{- include "acuse.labels" (list $root (index . 1)) | nindent 2 }}
{{- end }}

{{/* The image of [root, {name, digest}]. */}}
{{- define "acuse.image" -}}
{{- $root := index . 0 -}}
{{- $image := index . 1 -}}
{{- $name := printf "%s/%s" (trimSuffix "/" $root.Values.image.registry) $image.name -}}
{{- if $image.digest -}}
{{ printf "%s@%s" $name $image.digest }}
{{- else -}}
{{ printf "%s:%s" $name (default $root.Chart.AppVersion $root.Values.image.tag) }}
{{- end -}}
{{- end }}

{{/* Secret and key of the runtime login's URL, as a secretKeyRef. */}}
{{- define "acuse.database" -}}
{{- if .Values.database.trial.enabled -}}
{name: acuse-database, key: url}
{{- else -}}
{name: {{ .Values.database.existingSecret.name }}, key: {{ .Values.database.existingSecret.key }}}
{{- end -}}
{{- end }}

{{/* Secret and key of the owner's URL, as a secretKeyRef; empty when migrations are not ours. */}}
{{- define "acuse.database.owner" -}}
{{- if .Values.database.trial.enabled -}}
{name: acuse-postgres, key: ownerURL}
{{- else if .Values.database.ownerSecret.name -}}
{name: {{ .Values.database.ownerSecret.name }}, key: {{ .Values.database.ownerSecret.key }}}
{{- end -}}
{{- end }}

{{/* The object store's URL. */}}
{{- define "acuse.objects.url" -}}
{{- ternary "s3://media" .Values.objectStore.url .Values.objectStore.trial.enabled -}}
{{- end }}

{{/* The Secret with the object store's environment variables; empty when there is none. */}}
{{- define "acuse.objects.secret" -}}
{{- ternary "acuse-s3" .Values.objectStore.existingSecret .Values.objectStore.trial.enabled -}}
{{- end }}

{{/* The host name in region.intakeURL; empty when it is an address. */}}
{{- define "acuse.intake.hostname" -}}
{{- $host := regexReplaceAll ":[0-9]+$" (urlParse .Values.region.intakeURL).host "" -}}
{{- if not (regexMatch "^([0-9.]+|\\[.*\\])$" $host) -}}{{ $host }}{{- end -}}
{{- end }}
