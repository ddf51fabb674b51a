{{- define "nodeping.syncSelectorLabels" -}}
app: node-ping-sync
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: sync
{{- end }}

{{/*
Names in nodePing.nodes that no Node has, as a JSON array: a list by hand, which the sync in the
cluster would take the place of. Empty where there is no cluster to ask.
*/}}
{{- define "nodeping.unknownNodes" -}}
{{- $unknown := list }}
{{- if and .Values.sync.enabled .Values.nodePing.lookup .Values.nodePing.nodes }}
  {{- $known := dict }}
  {{- range (lookup "v1" "Node" "" "").items }}{{ $_ := set $known .metadata.name true }}{{ end }}
  {{- range .Values.nodePing.nodes }}
    {{- if and $known (not (hasKey $known .name)) }}{{ $unknown = append $unknown .name }}{{ end }}
  {{- end }}
{{- end }}
{{- $unknown | toJson }}
{{- end }}
