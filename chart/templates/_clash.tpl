{{/*
Stops an install whose agents would fight with others on the same nodes: for the port (their pods
would stay Pending) or for the textfile (each would overwrite the other's). Objects of the same name
in the same namespace are refused by Helm itself.
*/}}
{{- define "nodeping.refuseClash" -}}
{{- if and .Values.nodePing.lookup (include "nodeping.hostNetwork" .) }}
  {{- $port := int .Values.port }}
  {{- $own := printf "%s/%s" .Release.Namespace (include "nodeping.fullname" .) }}
  {{- /* Under another fullnameOverride it has another name until this upgrade is done. */}}
  {{- $ownRelease := printf "%s/%s" .Release.Namespace .Release.Name }}
  {{- range (lookup "apps/v1" "DaemonSet" "" "").items }}
    {{- $other := printf "%s/%s" .metadata.namespace .metadata.name }}
    {{- $annotations := .metadata.annotations | default dict }}
    {{- $release := printf "%s/%s" (get $annotations "meta.helm.sh/release-namespace") (get $annotations "meta.helm.sh/release-name") }}
    {{- if and (ne $other $own) (ne $release $ownRelease) }}
      {{- if has (toString $port) (include "nodeping.hostPorts" .spec.template.spec | fromJsonArray) }}
        {{- fail (printf "DaemonSet %q already uses port %d on the nodes: set port to another one, or remove that DaemonSet" $other $port) }}
      {{- end }}
      {{- if and (include "nodeping.writesTextfile" $) (has (include "nodeping.textfile" $) (include "nodeping.textfiles" .spec.template.spec | fromJsonArray)) }}
        {{- fail (printf "DaemonSet %q already writes %s<node>.prom on the nodes: set textfile.prefix (or fullnameOverride) to another one, or remove that DaemonSet" $other (include "nodeping.textfile" $)) }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end }}
{{- end }}

{{/* Where this release's textfiles begin on the node: "<directory>/<prefix>". */}}
{{- define "nodeping.textfile" -}}
{{- printf "%s/%s" (.Values.textfile.hostPath | clean) (include "nodeping.textfilePrefix" .) }}
{{- end }}

{{/* The host ports of a pod, as a JSON array of texts (numbers would come back as floats). */}}
{{- define "nodeping.hostPorts" -}}
{{- $ports := list }}
{{- range .containers }}
  {{- range .ports }}
    {{- with .hostPort }}{{ $ports = append $ports (toString (int .)) }}{{ end }}
  {{- end }}
{{- end }}
{{- $ports | toJson }}
{{- end }}

{{/* Every "<directory>/<prefix>" that a pod may write textfiles at, as a JSON array. */}}
{{- define "nodeping.textfiles" -}}
{{- $prefixes := list }}
{{- range .containers }}
  {{- range .env }}
    {{- if eq .name "PROMETHEUS_TEXTFILE_PREFIX" }}{{ $prefixes = append $prefixes .value }}{{ end }}
  {{- end }}
{{- end }}
{{- $textfiles := list }}
{{- range $volume := .volumes }}
  {{- if $volume.hostPath }}
    {{- range $prefixes }}{{ $textfiles = append $textfiles (printf "%s/%s" ($volume.hostPath.path | clean) .) }}{{ end }}
  {{- end }}
{{- end }}
{{- $textfiles | toJson }}
{{- end }}
