{{- define "auditor.name" -}}
{{- /* 52 letters: a StatefulSet adds a hash to it that must fit into a label. */ -}}
{{- .Values.nameOverride | default .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- end }}

{{- define "auditor.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "auditor.labels" -}}
{{ include "auditor.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end }}

{{- define "auditor.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end }}

{{- /* A disk of its own, or partitions by number: pods that are not exchangeable. */ -}}
{{- define "auditor.isStateful" -}}
{{- if or (eq .Values.kafka.assignment "static") (and (eq .Values.output.kind "disk") (not .Values.output.existingClaim)) -}}
true
{{- end -}}
{{- end }}

{{- define "auditor.check" -}}
{{- $isOwn := and (eq .Values.output.kind "disk") (not .Values.output.existingClaim) -}}
{{- if and $isOwn (gt (int .Values.replicas) 1) (ne .Values.kafka.assignment "static") -}}
{{- fail "expected one replica, or `output.kind: store`, or an `output.existingClaim` that many can mount, or `kafka.assignment: static`: partitions move between replicas, and each of them sees its own disk only" -}}
{{- end -}}
{{- end }}

{{- define "auditor.volume" -}}
{{- if .volume }}
{{- toYaml .volume }}
{{- else -}}
configMap:
  name: {{ .configMap }}
{{- end }}
{{- end }}
