{{/*
A warning when the release's namespace enforces a Pod Security level that refuses the pods of the
chosen mode: the DaemonSet would be there, and never get a pod.
*/}}
{{- define "nodeping.podSecurityWarning" -}}
{{- $level := "" }}
{{- if and .Values.nodePing.lookup (include "nodeping.hostNetwork" .) }}
  {{- $namespace := lookup "v1" "Namespace" "" .Release.Namespace }}
  {{- $level = dig "metadata" "labels" "pod-security.kubernetes.io/enforce" "privileged" $namespace }}
{{- end }}
{{- if has $level (list "baseline" "restricted") -}}
WARNING: namespace {{ .Release.Namespace | quote }} enforces Pod Security {{ $level | quote }}, which refuses the pods of mode
{{ .Values.mode | quote }} (host network, hostPath{{ if eq .Values.mode "host" }}, NET_RAW{{ end }}): no agent will start. Either allow them:
  kubectl label --overwrite namespace {{ .Release.Namespace }} pod-security.kubernetes.io/enforce=privileged
or install with mode=restricted, which is scraped through a PodMonitor.
{{- end }}
{{- end }}
