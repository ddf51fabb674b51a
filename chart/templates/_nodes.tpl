{{/*
The node list in force at this install or upgrade, as JSON: {"nodes": [...], "source": "values" |
"cluster" | "none"}. All templates of a chart share one root, where it is kept: a cluster of 10,000
nodes answers a lookup with 160 MB, and both ConfigMap and notes want the list.
*/}}
{{- define "nodeping.nodeList" -}}
{{- if not (hasKey $ "nodepingNodeList") }}
  {{- $_ := set $ "nodepingNodeList" (include "nodeping.findNodes" .) }}
{{- end }}
{{- $.nodepingNodeList }}
{{- end }}

{{/*
Nodes in the values win; else the API server is asked, which answers nothing under `helm template`.
*/}}
{{- define "nodeping.findNodes" -}}
{{- if .Values.nodePing.nodes }}
  {{- dict "nodes" .Values.nodePing.nodes "source" "values" | toJson }}
{{- else }}
  {{- $entries := list }}
  {{- if .Values.nodePing.lookup }}
    {{- range (lookup "v1" "Node" "" "").items }}
      {{- $entries = concat $entries (include "nodeping.entriesOfNode" (dict "node" . "settings" $.Values.nodePing) | fromJsonArray) }}
    {{- end }}
  {{- end }}
  {{- /* concat makes null of two empty lists. */}}
  {{- dict "nodes" ($entries | default list) "source" (ternary "cluster" "none" (gt (len $entries) 0)) | toJson }}
{{- end }}
{{- end }}

{{/*
The entries of one Node object: one, one of each address family, or none where the node does not
carry the labels, is about to go, or is excluded by the annotation nodeping/exclude: "true".
*/}}
{{- define "nodeping.entriesOfNode" -}}
{{- $node := .node }}
{{- $labels := $node.metadata.labels | default dict }}
{{- $excluded := eq (dig "annotations" "nodeping/exclude" "" $node.metadata) "true" }}
{{- $wanted := not (or $node.metadata.deletionTimestamp $excluded) }}
{{- range $key, $value := .settings.selector }}
  {{- if or (not (hasKey $labels $key)) (ne (get $labels $key) $value) }}{{ $wanted = false }}{{ end }}
{{- end }}
{{- range $node.spec.taints }}
  {{- if has .key (list "ToBeDeletedByClusterAutoscaler" "karpenter.sh/disrupted") }}{{ $wanted = false }}{{ end }}
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
type that has one. The Hostname, which has no family, stands in where no IP address was chosen.
The sync chooses alike: both are tested on tests/chart/node_choices.ts.
*/}}
{{- define "nodeping.addressesOfNode" -}}
{{- $types := concat (list .settings.addressType) (list "InternalIP" "ExternalIP" "Hostname") | uniq }}
{{- $families := ternary (list "ipv4" "ipv6") (list .settings.ipFamily) (eq .settings.ipFamily "dual") }}
{{- $reported := .node.status.addresses | default list }}
{{- $chosen := list }}
{{- $standIn := list }}
{{- range $family := $families }}
  {{- $found := false }}
  {{- range $type := $types }}
    {{- range $reported }}
      {{- if and (not $found) (eq .type $type) }}
        {{- if eq $type "Hostname" }}
          {{- $found = true }}
          {{- $standIn = list .address }}
        {{- else if eq $family (ternary "ipv6" "ipv4" (contains ":" .address)) }}
          {{- $found = true }}
          {{- $chosen = append $chosen .address }}
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end }}
{{- $chosen | default $standIn | toJson }}
{{- end }}

{{/*
The text of nodes.json: the node list, and the external targets where there are any. A list of more than
500,000 bytes is grouped by zone, which takes 64 instead of 108 bytes for a node of a cloud: a ConfigMap
holds 1 MiB. src/nodes/node_list_parser.ts reads this form, and node_list.ts writes it for the sync.
*/}}
{{- define "nodeping.nodesJson" -}}
{{- $nodes := (include "nodeping.nodeList" . | fromJson).nodes }}
{{- $document := dict "cluster_targets" $nodes }}
{{- $plain := $nodes | toJson }}
{{- if gt (len $plain) 500000 }}
  {{- $document = include "nodeping.nodesByZone" $nodes | fromJson }}
{{- end }}
{{- with .Values.nodePing.externalTargets }}
  {{- $_ := set $document "external_targets" . }}
{{- end }}
{{- $text := eq (keys $document | join ",") "cluster_targets" | ternary $plain ($document | toJson) }}
{{- if gt (len $text) 1048576 }}
  {{- fail (printf "The list of %d addresses has %d bytes, and a ConfigMap holds 1 MiB: choose fewer nodes with nodePing.selector" (len $nodes) (len $text)) }}
{{- end }}
{{- $text }}
{{- end }}

{{- define "nodeping.nodesByZone" -}}
{{- $zones := dict }}
{{- $cordoned := dict }}
{{- range . }}
  {{- $zone := .zone | default "" }}
  {{- if not (hasKey $zones $zone) }}{{ $_ := set $zones $zone dict }}{{ end }}
  {{- $names := get $zones $zone }}
  {{- if hasKey $names .name }}
    {{- $_ := set $names .name (append (kindIs "slice" (get $names .name) | ternary (get $names .name) (list (get $names .name))) .ipAddress) }}
  {{- else }}
    {{- $_ := set $names .name .ipAddress }}
  {{- end }}
  {{- if .cordoned }}{{ $_ := set $cordoned .name true }}{{ end }}
{{- end }}
{{- dict "cluster_targets_by_zone" $zones "cordoned" (keys $cordoned | sortAlpha) | toJson }}
{{- end }}
