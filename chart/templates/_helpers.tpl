{{/* Name of every object. The seed's name, not the release's: one mesh a cluster is the rule. */}}
{{- define "nodeping.fullname" -}}
{{- .Values.fullnameOverride | default "node-ping" }}
{{- end }}

{{- define "nodeping.configMapName" -}}
{{- .Values.nodePing.configMapName | default (printf "%s-config" (include "nodeping.fullname" .)) }}
{{- end }}

{{- define "nodeping.textfilePrefix" -}}
{{- .Values.textfile.prefix | default (printf "%s_" (include "nodeping.fullname" .)) }}
{{- end }}

{{- define "nodeping.serviceAccountName" -}}
{{- $ownName := .Values.serviceAccount.create | ternary (printf "%s-agent" (include "nodeping.fullname" .)) "default" }}
{{- .Values.serviceAccount.name | default $ownName }}
{{- end }}

{{/* What never changes in the life of a release: a DaemonSet's selector is immutable. */}}
{{- define "nodeping.selectorLabels" -}}
app: node-ping
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: agent
{{- end }}

{{- define "nodeping.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name (.Chart.Version | replace "+" "_") }}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "nodeping.image" -}}
{{- $registry := .Values.global.imageRegistry | default .Values.image.registry }}
{{- with $registry }}{{ . }}/{{ end }}
{{- .Values.image.repository }}
{{- if .Values.image.digest }}@{{ .Values.image.digest }}
{{- else }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}
{{- end }}

{{/* imagePullSecrets of the chart and of its parent, once each, as JSON. */}}
{{- define "nodeping.imagePullSecrets" -}}
{{- $secrets := list }}
{{- range concat (.Values.imagePullSecrets | default list) (.Values.global.imagePullSecrets | default list) }}
  {{- $secrets = append $secrets (kindIs "string" . | ternary (dict "name" .) .) }}
{{- end }}
{{- $secrets | uniq | toJson }}
{{- end }}

{{/* "true" when the agents share the node's network. */}}
{{- define "nodeping.hostNetwork" -}}
{{- if ne .Values.mode "restricted" }}true{{ end }}
{{- end }}

{{/* "true" when the agents write for node-exporter. */}}
{{- define "nodeping.writesTextfile" -}}
{{- if and .Values.textfile.enabled (include "nodeping.hostNetwork" .) }}true{{ end }}
{{- end }}
