{{- define "auditor.pod" -}}
metadata:
  labels:
    {{- include "auditor.labels" . | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .Values.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  automountServiceAccountToken: false
  # Variables that Kubernetes makes of services would be taken for flags: a service `auditor` sets AUDITOR_PORT.
  enableServiceLinks: false
  serviceAccountName: {{ include "auditor.name" . }}
  terminationGracePeriodSeconds: {{ add .Values.graceSeconds 15 }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile:
      type: RuntimeDefault
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: auditor
      image: {{ include "auditor.image" . | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args:
        - stream
        - --policies=/policies
        - --inventory=/inventory
        - --brokers={{ join "," .Values.kafka.brokers }}
        - --topic={{ .Values.kafka.topic }}
        - --group={{ .Values.kafka.group }}
        {{- if eq .Values.kafka.assignment "static" }}
        - --assignment=static:$(POD_INDEX)/{{ .Values.replicas }}
        {{- else }}
        - --assignment=group
        {{- end }}
        {{- with .Values.kafka.format }}
        - --format={{ . }}
        {{- end }}
        - --out={{ if eq .Values.output.kind "store" }}{{ .Values.output.url }}{{ else }}/out{{ end }}
        - --roll-rows={{ int64 .Values.output.rollRows }}
        - --roll-bytes={{ int64 .Values.output.rollBytes }}
        - --roll-seconds={{ int64 .Values.output.rollSeconds }}
        - --grace-seconds={{ int64 .Values.graceSeconds }}
        - --http-address=:8080
        - --log-format=json
        {{- if .Values.policies.allowEmpty }}
        - --allow-empty-policies
        {{- end }}
        {{- with .Values.extraArgs }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- if or (eq .Values.kafka.assignment "static") .Values.extraEnv }}
      env:
        {{- if eq .Values.kafka.assignment "static" }}
        - name: POD_INDEX
          valueFrom:
            fieldRef:
              fieldPath: metadata.labels['apps.kubernetes.io/pod-index']
        {{- end }}
        {{- with .Values.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- end }}
      {{- with .Values.secretRefs }}
      envFrom:
        {{- range . }}
        - secretRef:
            name: {{ . }}
        {{- end }}
      {{- end }}
      ports:
        - name: http
          containerPort: 8080
          protocol: TCP
      startupProbe:
        httpGet:
          path: /startupz
          port: http
        periodSeconds: 5
        timeoutSeconds: 3
        failureThreshold: {{ div (int .Values.probes.startSeconds) 5 }}
      livenessProbe:
        httpGet:
          path: /livez
          port: http
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 3
      readinessProbe:
        httpGet:
          path: /readyz
          port: http
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 2
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: ["ALL"]
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      volumeMounts:
        # Never with a subPath: such mounts stay as they were when a ConfigMap changes.
        - name: policies
          mountPath: /policies
          readOnly: true
        - name: inventory
          mountPath: /inventory
          readOnly: true
        - name: tmp
          mountPath: /tmp
        {{- if eq .Values.output.kind "disk" }}
        - name: out
          mountPath: /out
        {{- end }}
  volumes:
    - name: policies
      {{- include "auditor.volume" .Values.policies | nindent 6 }}
    - name: inventory
      {{- include "auditor.volume" .Values.inventory | nindent 6 }}
    - name: tmp
      emptyDir:
        sizeLimit: 256Mi
    {{- with .Values.output.existingClaim }}
    {{- if eq $.Values.output.kind "disk" }}
    - name: out
      persistentVolumeClaim:
        claimName: {{ . }}
    {{- end }}
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
{{- end }}
