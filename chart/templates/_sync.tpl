{{- define "nodeping.syncSelectorLabels" -}}
app: node-ping-sync
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: sync
{{- end }}
