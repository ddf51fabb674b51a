{{/* The agent's command line. Only what differs from a plain `nodeping agent` on a node is said. */}}
{{- define "nodeping.agentArgs" -}}
- agent
- --config=/config/nodes.json
- --period={{ .Values.nodePing.period }}
- --timeout={{ .Values.nodePing.timeout }}
- --size={{ .Values.nodePing.size }}
{{- if ne (toString .Values.nodePing.meshDegree) "auto" }}
- --mesh-degree={{ .Values.nodePing.meshDegree }}
{{- end }}
{{- if ne (int .Values.nodePing.fullMeshLimit) 200 }}
- --full-mesh-limit={{ .Values.nodePing.fullMeshLimit }}
{{- end }}
{{- if ne .Values.nodePing.pairMetrics "all" }}
- --pair-metrics={{ .Values.nodePing.pairMetrics }}
{{- end }}
{{- if ne .Values.nodePing.pacing "bursts" }}
- --pacing={{ .Values.nodePing.pacing }}
{{- end }}
{{- $pathMtu := .Values.nodePing.pathMtu | default dict }}
{{- if eq (toString $pathMtu.enabled) "false" }}
- --path-mtu-interval=off
{{- else if ne ($pathMtu.interval | default "10s") "10s" }}
- --path-mtu-interval={{ $pathMtu.interval }}
{{- end }}
{{- if .Values.loopbackOnly }}
- --listen=127.0.0.1:{{ .Values.port }}
{{- else if ne (int .Values.port) 10927 }}
- --listen=:{{ .Values.port }}
{{- end }}
{{- if ne .Values.mode "host" }}
- --sockets=ping
{{- end }}
{{- if not (include "nodeping.writesTextfile" .) }}
- --textfile-dir=off
{{- end }}
- --log-level={{ .Values.nodePing.logLevel }}
- --log-format={{ .Values.nodePing.logFormat }}
{{- with .Values.nodePing.metricsCompatibility }}
- --metrics-compatibility={{ . }}
{{- end }}
{{- range .Values.extraArgs }}
- {{ . | quote }}
{{- end }}
{{- end }}

{{/* Where the kubelet asks, which is on the node itself; the pod's address without this. */}}
{{- define "nodeping.probeHost" -}}
{{- if .Values.loopbackOnly }}
host: 127.0.0.1
{{- end }}
{{- end }}

{{/* The security context of the pod, by mode; DESIGN: what each mode rests on. */}}
{{- define "nodeping.podSecurityContext" -}}
{{- if eq .Values.mode "restricted" }}
runAsNonRoot: true
{{- with .Values.restricted.runAsUser }}
runAsUser: {{ int64 . }}
runAsGroup: {{ int64 . }}
{{- end }}
sysctls:
  # Lets any group open ICMP sockets; safe, and of this pod's network namespace only.
  - name: net.ipv4.ping_group_range
    value: "0 2147483647"
{{- else }}
# The kubelet makes the hostPath root:root 0755, and uid 0 may write its own directory.
runAsNonRoot: false
runAsUser: 0
runAsGroup: 0
{{- end }}
{{- with .Values.seLinuxOptions }}
seLinuxOptions:
  {{- toYaml . | nindent 2 }}
{{- end }}
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "nodeping.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
  {{- if eq .Values.mode "host" }}
  add: [NET_RAW]
  {{- end }}
{{- end }}
