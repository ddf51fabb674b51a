{{/*
Gives every value that is missing or null the chart's default. Helm does so itself, but not where the
values come from an older chart (--reuse-values), which did not know the newer ones, or from a parent
chart that says null. Every template begins with it; the values are one object for all of them.
*/}}
{{- define "nodeping.fillValues" -}}
{{- if not (hasKey $ "nodepingFilled") }}
  {{- $_ := set $ "nodepingFilled" true }}
  {{- $defaults := include "nodeping.defaultValues" . | fromYaml }}
  {{- include "nodeping.fillMap" (dict "values" .Values "defaults" $defaults) }}
{{- end }}
{{- end }}

{{/* What of these is there is meant as a whole: a label or a limit is left out by null. */}}
{{- define "nodeping.wholeValues" -}}
{{- list "selector" "nodeSelector" "labels" "resources" | toJson }}
{{- end }}

{{- define "nodeping.fillMap" -}}
{{- $values := .values }}
{{- $whole := include "nodeping.wholeValues" . | fromJsonArray }}
{{- range $key, $default := .defaults }}
  {{- $value := ternary (get $values $key) nil (hasKey $values $key) }}
  {{- if kindIs "invalid" $value }}
    {{- $_ := set $values $key $default }}
  {{- else if and (kindIs "map" $default) (kindIs "map" $value) (not (has $key $whole)) }}
    {{- include "nodeping.fillMap" (dict "values" $value "defaults" $default) }}
  {{- end }}
{{- end }}
{{- end }}
