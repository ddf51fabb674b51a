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
{{- /* A selector that cannot be read fails everywhere, not only where there is a cluster. */}}
{{- $requirements := include "nodeping.requirements" (include "nodeping.selector" .) | fromJsonArray }}
{{- if .Values.nodePing.nodes }}
  {{- dict "nodes" .Values.nodePing.nodes "source" "values" | toJson }}
{{- else if not .Values.nodePing.lookup }}
  {{- dict "nodes" list "source" "none" | toJson }}
{{- else }}
  {{- $rules := dict
    "requirements" $requirements
    "leavingTaints" (concat (include "nodeping.leavingTaints" . | fromJsonArray) (.Values.nodePing.excludeTaints | default list))
    "types" (concat (list .Values.nodePing.addressType) (list "InternalIP" "ExternalIP" "Hostname") | uniq)
    "families" (eq .Values.nodePing.ipFamily "dual" | ternary (list "ipv4" "ipv6") (list .Values.nodePing.ipFamily)) }}
  {{- $items := (lookup "v1" "Node" "" "").items | default list }}
  {{- $nodes := include "nodeping.entriesOfNodes" (dict "nodes" $items "rules" $rules) | fromJsonArray }}
  {{- dict "nodes" $nodes "source" (ternary "cluster" "none" (gt (len $nodes) 0)) | toJson }}
{{- end }}
{{- end }}

{{/*
nodePing.selector as a label selector of the API: a text stands for itself, "*" for all nodes; a map
adds to the defaults and takes the place of those that it names. The sync's labelSelector() reads it
alike: both are tested on tests/chart/node_choices.ts.
*/}}
{{- define "nodeping.selector" -}}
{{- $selector := .Values.nodePing.selector | default dict }}
{{- if kindIs "string" $selector }}
  {{- ternary "" $selector (eq $selector "*") }}
{{- else }}
  {{- $requirements := dict
    "kubernetes.io/os" "kubernetes.io/os=linux"
    "type" "type!=virtual-kubelet"
    "eks.amazonaws.com/compute-type" "eks.amazonaws.com/compute-type!=fargate" }}
  {{- range $key, $value := $selector }}
    {{- $_ := set $requirements $key (kindIs "invalid" $value | ternary "" (printf "%s=%v" $key $value)) }}
  {{- end }}
  {{- values $requirements | compact | sortAlpha | join "," }}
{{- end }}
{{- end }}

{{/*
A label selector as a JSON array of its requirements, read once for all nodes: {"key", "is": "there" |
"absent" | "in" | "notin", "values"}.
*/}}
{{- define "nodeping.requirements" -}}
{{- $name := "[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?" }}
{{- $label := "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?" }}
{{- $key := printf "(%s(\\.%s)*/)?%s" $label $label $name }}
{{- $isOneOf := printf "\\s+(in|notin)\\s*\\((\\s*(%s)?\\s*,)*\\s*(%s)?\\s*\\)" $name $name }}
{{- $one := printf "\\s*(!\\s*%s|%s(\\s*(=|==|!=)\\s*(%s)?|%s)?)\\s*" $key $key $name $isOneOf }}
{{- $requirements := list }}
{{- $wrong := "" }}
{{- range regexFindAll "[^,(]+(\\([^)]*\\)\\s*)?" . -1 }}
  {{- if not (regexMatch (printf "^%s$" $one) .) }}{{ $wrong = $wrong | default . }}{{ end }}
  {{- $key := regexFind "[\\w./-]+" . }}
  {{- $is := trim . | hasPrefix "!" | ternary "absent" "there" }}
  {{- $values := list }}
  {{- if and (ne $key (trim .)) (eq $is "there") }}
    {{- $is = regexMatch "^\\s*[\\w./-]+(\\s*!=|\\s+notin)" . | ternary "notin" "in" }}
    {{- $values = regexReplaceAll "^\\s*[\\w./-]+\\s*(==|!=|=|notin\\s*\\(|in\\s*\\()|\\)|\\s" . "" | splitList "," }}
  {{- end }}
  {{- $requirements = append $requirements (dict "key" $key "is" $is "values" $values) }}
{{- end }}
{{- if and . (not (regexMatch (printf "^%s(,%s)*$" $one $one) .)) }}
  {{- fail (printf "nodePing.selector has %q, which is no requirement of a label selector: write key, !key, key=value, key!=value, key in (a,b) or key notin (a,b), with commas between them" ($wrong | default .)) }}
{{- end }}
{{- $requirements | toJson }}
{{- end }}

{{/* "true" when the labels meet every requirement. */}}
{{- define "nodeping.carries" -}}
{{- $labels := .labels }}
{{- $carries := true }}
{{- range .requirements }}
  {{- $has := hasKey $labels .key }}
  {{- if or (eq .is "in") (eq .is "notin") }}
    {{- $isOne := and $has (has (get $labels .key) .values) }}
    {{- if ne $isOne (eq .is "in") }}{{ $carries = false }}{{ end }}
  {{- else if ne $has (eq .is "there") }}
    {{- $carries = false }}
  {{- end }}
{{- end }}
{{- if $carries }}true{{ end }}
{{- end }}

{{/*
The entries of Node objects as a JSON array, written as text: a list of Helm is copied at each append.
A node has one entry, one of each address family, or none where it is not wanted.
*/}}
{{- define "nodeping.entriesOfNodes" -}}
{{- $rules := .rules }}
{{- $separator := "" -}}
[
{{- range $node := .nodes }}
  {{- if include "nodeping.wantsNode" (dict "node" $node "rules" $rules) }}
    {{- $labels := $node.metadata.labels | default dict }}
    {{- range include "nodeping.addressesOfNode" (dict "node" $node "rules" $rules) | splitList " " | compact }}
      {{- $entry := dict "name" $node.metadata.name "ipAddress" . }}
      {{- with index $labels "topology.kubernetes.io/zone" }}{{ $_ := set $entry "zone" . }}{{ end }}
      {{- if $node.spec.unschedulable }}{{ $_ := set $entry "cordoned" true }}{{ end }}
      {{- $separator }}{{ $entry | toJson }}
      {{- $separator = "," }}
    {{- end }}
  {{- end }}
{{- end -}}
]
{{- end }}

{{/*
"true" where the selector takes the node and it is not about to go (src/sync/node_choice.ts has the
reasons), nor excluded by the annotation nodeping/exclude: "true".
*/}}
{{- define "nodeping.wantsNode" -}}
{{- $leavingTaints := .rules.leavingTaints }}
{{- $excluded := eq (dig "annotations" "nodeping/exclude" "" .node.metadata) "true" }}
{{- $wanted := not (or .node.metadata.deletionTimestamp $excluded) }}
{{- range .node.spec.taints }}
  {{- if has .key $leavingTaints }}{{ $wanted = false }}{{ end }}
{{- end }}
{{- range .node.status.conditions }}
  {{- if and (eq .type "Terminating") (eq .status "True") }}{{ $wanted = false }}{{ end }}
{{- end }}
{{- $labels := .node.metadata.labels | default dict }}
{{- if $wanted }}
  {{- include "nodeping.carries" (dict "labels" $labels "requirements" .rules.requirements) }}
{{- end }}
{{- end }}

{{/* Taints of nodes that are about to go, as the sync's leavingTaints, where the reasons stand. */}}
{{- define "nodeping.leavingTaints" -}}
{{- list
  "ToBeDeletedByClusterAutoscaler"
  "karpenter.sh/disrupted"
  "karpenter.sh/disruption"
  "node.cloudprovider.kubernetes.io/shutdown"
  "node.kubernetes.io/out-of-service"
  "cloud.google.com/impending-node-termination"
  "aws-node-termination-handler/spot-itn"
  "aws-node-termination-handler/asg-lifecycle-termination"
  "autoscaling.cast.ai/draining" | toJson }}
{{- end }}

{{/*
The addresses of one Node object to probe, with blanks between: for each wanted family the first usable
address of the first type that has one. The Hostname, which has no family, stands in where no IP address
was chosen. The sync chooses alike: both are tested on tests/chart/node_choices.ts.
*/}}
{{- define "nodeping.addressesOfNode" -}}
{{- $types := .rules.types }}
{{- $reported := .node.status.addresses | default list }}
{{- $chosen := "" }}
{{- $standIn := "" }}
{{- range $family := .rules.families }}
  {{- $found := false }}
  {{- range $type := $types }}
    {{- range $found | ternary list $reported }}
      {{- if and (not $found) (eq .type $type) }}
        {{- $read := include "nodeping.readAddress" (.address | lower) | splitList " " }}
        {{- if eq (first $read) "name" }}
          {{- $found = true }}
          {{- $standIn = last $read }}
        {{- else if eq (first $read) $family }}
          {{- $found = true }}
          {{- $chosen = printf "%s %s" $chosen (last $read) }}
        {{- end }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end }}
{{- $chosen | default $standIn }}
{{- end }}

{{/*
"ipv4 ADDRESS", "ipv6 ADDRESS" or "name NAME" of a text in lower case; nothing for what is no address, or
is every node's own (loopback, link-local, a zone index, localhost) or nobody's (unspecified, multicast,
broadcast): tests/cases/addresses.ts. An IPv4-mapped address is the IPv4 one: nobody can send ICMPv6 to it.
*/}}
{{- define "nodeping.readAddress" -}}
{{- $octet := "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])" }}
{{- $label := "[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?" }}
{{- $text := . }}
{{- $groups := "" }}
{{- if contains ":" . }}{{ $groups = include "nodeping.ipv6Groups" . }}{{ end }}
{{- if hasPrefix "0:0:0:0:0:ffff:" $groups }}
  {{- $octets := list }}
  {{- range trimPrefix "0:0:0:0:0:ffff:" $groups | splitList ":" }}
    {{- $group := printf "0x%s" . | int64 }}
    {{- $octets = concat $octets (list (div $group 256) (mod $group 256)) }}
  {{- end }}
  {{- $text = $octets | join "." }}
  {{- $groups = "" }}
{{- end }}
{{- if $groups }}
  {{- if not (regexMatch "^(fe[89ab][0-9a-f]:|ff[0-9a-f]{2}:|0:0:0:0:0:0:0:[01]$)" $groups) }}ipv6 {{ $text }}{{ end }}
{{- else if regexMatch (printf "^(%s\\.){3}%s$" $octet $octet) $text }}
  {{- if not (regexMatch "^(0\\.|127\\.|169\\.254\\.|22[4-9]\\.|23[0-9]\\.|255\\.255\\.255\\.255$)" $text) }}ipv4 {{ $text }}{{ end }}
{{- else if and (le (len $text) 253) (regexMatch (printf "^(%s\\.)*%s\\.?$" $label $label) $text) }}
  {{- if not (regexMatch "^([0-9]+|0x[0-9a-f]*)(\\.([0-9]+|0x[0-9a-f]*))*\\.?$|(^|\\.)localhost\\.?$" $text) }}name {{ $text }}{{ end }}
{{- end }}
{{- end }}

{{/* The eight groups of an IPv6 address (RFC 4291, 2.2) without leading zeros; nothing for what is none. */}}
{{- define "nodeping.ipv6Groups" -}}
{{- $text := . }}
{{- $octet := "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])" }}
{{- with regexFind (printf ":(%s\\.){3}%s$" $octet $octet) . }}
  {{- $octets := trimPrefix ":" . | splitList "." }}
  {{- $hex := list }}
  {{- range $octets }}{{ $hex = append $hex (printf "%02x" (int .)) }}{{ end }}
  {{- $text = printf "%s:%s%s:%s%s" (trimSuffix . $text) (index $hex 0) (index $hex 1) (index $hex 2) (index $hex 3) }}
{{- end }}
{{- $some := "([0-9a-f]{1,4}:)*[0-9a-f]{1,4}" }}
{{- if regexMatch (printf "^(%s)?::(%s)?$" $some $some) $text }}
  {{- $halves := splitList "::" $text }}
  {{- $there := concat (first $halves | splitList ":") (last $halves | splitList ":") | compact }}
  {{- $missing := sub 8 (len $there) | int }}
  {{- $zeros := repeat (max $missing 0 | int) "0:" }}
  {{- $text = gt $missing 0 | ternary (replace "::" (printf ":%s" $zeros) $text | trimAll ":") "" }}
{{- end }}
{{- if regexMatch "^([0-9a-f]{1,4}:){7}[0-9a-f]{1,4}$" $text }}
  {{- regexReplaceAll "(^|:)0+([0-9a-f])" $text "${1}${2}" }}
{{- end }}
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
