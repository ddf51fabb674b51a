{{/* Annotations of a hook of `helm test`, given its weight. The pod of a failed test stays, with its log. */}}
{{- define "nodeping.testHook" -}}
helm.sh/hook: test
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}
