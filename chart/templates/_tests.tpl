{{/* Annotations of what the pod of `helm test` needs: made before it, gone after it. */}}
{{- define "nodeping.testHook" -}}
helm.sh/hook: test
helm.sh/hook-weight: "-1"
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded,hook-failed
{{- end }}
