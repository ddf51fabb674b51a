{{- define "nodeping.syncSelectorLabels" -}}
app: node-ping-sync
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: sync
{{- end }}
