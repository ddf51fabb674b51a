{{/*
The node list in force at this install or upgrade, as JSON: {"nodes": [...], "source": "values" |
"cluster" | "none"}. Nodes in the values win; else the API server is asked, which answers nothing
under `helm template`.
*/}}
{{- define "nodeping.nodeList" -}}
{{- if .Values.nodePing.nodes }}
  {{- dict "nodes" .Values.nodePing.nodes "source" "values" | toJson }}
{{- else }}
  {{- $entries := list }}
  {{- if .Values.nodePing.lookup }}
    {{- range (lookup "v1" "Node" "" "").items }}
      {{- $entries = concat $entries (include "nodeping.entriesOfNode" (dict "node" . "settings" $.Values.nodePing) | fromJsonArray) }}
    {{- end }}
  {{- end }}
  {{- dict "nodes" $entries "source" (ternary "cluster" "none" (gt (len $entries) 0)) | toJson }}
{{- end }}
{{- end }}

{{/* The entries of one Node object: none, one, or one of each address family. */}}
{{- define "nodeping.entriesOfNode" -}}
{{- $node := .node }}
{{- $labels := $node.metadata.labels | default dict }}
{{- $wanted := not $node.metadata.deletionTimestamp }}
{{- range $key, $value := .settings.selector }}
  {{- if ne (get $labels $key) $value }}{{ $wanted = false }}{{ end }}
{{- end }}
{{- range $node.spec.taints }}
  {{- if eq .key "ToBeDeletedByClusterAutoscaler" }}{{ $wanted = false }}{{ end }}
{{- end }}
{{- $entries := list }}
{{- if $wanted }}
  {{- range include "nodeping.addressesOfNode" . | fromJsonArray }}
    {{- $entry := dict "name" $node.metadata.name "ipAddress" . }}
    {{- with index $labels "topology.kubernetes.io/zone" }}{{ $_ := set $entry "zone" . }}{{ end }}
    {{- if $node.spec.unschedulable }}{{ $_ := set $entry "cordoned" true }}{{ end }}
    {{- $entries = append $entries $entry }}
  {{- end }}
{{- end }}
{{- $entries | toJson }}
{{- end }}

{{/*
The addresses of one Node object to probe: for each wanted family the first address of the first
type that has one; the Hostname, which has no family, stands in for all.
*/}}
{{- define "nodeping.addressesOfNode" -}}
{{- $types := concat (list .settings.addressType) (list "InternalIP" "ExternalIP" "Hostname") | uniq }}
{{- $families := ternary (list "ipv4" "ipv6") (list .settings.ipFamily) (eq .settings.ipFamily "dual") }}
{{- $chosen := list }}
{{- $reported := .node.status.addresses | default list }}
{{- range $family := $families }}
  {{- $address := "" }}
  {{- range $type := $types }}
    {{- range $reported }}
      {{- $fits := or (eq $type "Hostname") (eq $family (ternary "ipv6" "ipv4" (contains ":" .address))) }}
      {{- if and (not $address) (eq .type $type) $fits }}{{ $address = .address }}{{ end }}
    {{- end }}
  {{- end }}
  {{- if $address }}{{ $chosen = append $chosen $address }}{{ end }}
{{- end }}
{{- $chosen | uniq | toJson }}
{{- end }}
