{{- define "plinto.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "plinto.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* Labels by which objects find each other: they never change. */}}
{{- define "plinto.selector" -}}
app.kubernetes.io/name: plinto
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "plinto.labels" -}}
{{ include "plinto.selector" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* Hosts that lead here: that of publicURL and those of tenants, without a port. */}}
{{- define "plinto.hosts" -}}
{{- $public := (urlParse .Values.publicURL).host | splitList ":" | first -}}
{{- prepend .Values.hosts $public | uniq | toJson -}}
{{- end -}}

{{- define "plinto.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "plinto.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* Variables of a container; secrets is a map of variables to {secret, key}. */}}
{{- define "plinto.env" -}}
- {name: PLINTO_PUBLIC_URL, value: {{ .root.Values.publicURL | quote }}}
- {name: PLINTO_LISTEN, value: ":8080"}
- {name: PLINTO_OPERATIONS_LISTEN, value: ":8081"}
{{- if .root.Values.tls.secret }}
- {name: PLINTO_TLS_CERT_FILE, value: /run/secrets/tls/tls.crt}
- {name: PLINTO_TLS_KEY_FILE, value: /run/secrets/tls/tls.key}
{{- end }}
{{- range $name, $value := .root.Values.settings }}
- {name: {{ $name }}, value: {{ $value | toString | quote }}}
{{- end }}
{{- range $name, $_ := .secrets }}
- {name: {{ $name }}_FILE, value: /run/secrets/plinto/{{ $name }}}
{{- end }}
{{- end -}}

{{- define "plinto.mounts" -}}
- {name: secrets, mountPath: /run/secrets/plinto, readOnly: true}
{{- if .Values.tls.secret }}
- {name: tls, mountPath: /run/secrets/tls, readOnly: true}
{{- end }}
{{- with .Values.volumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "plinto.volumes" -}}
- name: secrets
  projected:
    defaultMode: 0440
    sources:
    {{- range $name, $from := .secrets }}
    - secret:
        name: {{ $from.secret }}
        items: [{key: {{ $from.key | quote }}, path: {{ $name }}}]
    {{- end }}
{{- if .root.Values.tls.secret }}
- name: tls
  secret: {secretName: {{ .root.Values.tls.secret }}, defaultMode: 0440}
{{- end }}
{{- with .root.Values.volumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* What pods of every kind have in common. */}}
{{- define "plinto.pod" -}}
serviceAccountName: {{ include "plinto.name" . }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  {{- include "plinto.podSecurity" . | nindent 2 }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
- name: {{ . }}
{{- end }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{/* The pods of servers and of workers: component, args, port to probe and scheme. */}}
{{- define "plinto.template" -}}
metadata:
  labels:
    {{- include "plinto.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
    {{- with .root.Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .root.Values.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- include "plinto.pod" .root | nindent 2 }}
  terminationGracePeriodSeconds: {{ .root.Values.terminationGracePeriodSeconds }}
  {{- with .root.Values.topologySpread }}
  topologySpreadConstraints:
  {{- range . }}
  - maxSkew: 1
    topologyKey: {{ .key }}
    whenUnsatisfiable: {{ .whenUnsatisfiable }}
    matchLabelKeys: [pod-template-hash]
    labelSelector:
      matchLabels:
        {{- include "plinto.selector" $.root | nindent 8 }}
        app.kubernetes.io/component: {{ $.component }}
  {{- end }}
  {{- end }}
  initContainers:
  # A server does not start on tables of an older version: it waits for the migration.
  - name: wait
    image: {{ include "plinto.image" .root }}
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    args: [migrate, --wait={{ .root.Values.migration.wait }}]
    env:
      {{- include "plinto.env" (dict "root" .root "secrets" .root.Values.secrets) | nindent 6 }}
    resources:
      {{- toYaml .root.Values.resources | nindent 6 }}
    securityContext:
      {{- include "plinto.containerSecurity" .root | nindent 6 }}
    volumeMounts:
      {{- include "plinto.mounts" .root | nindent 6 }}
  containers:
  - name: plinto
    image: {{ include "plinto.image" .root }}
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    args: {{ .args | toJson }}
    env:
      {{- include "plinto.env" (dict "root" .root "secrets" .root.Values.secrets) | nindent 6 }}
    ports:
    {{- if eq .component "server" }}
    - {name: http, containerPort: 8080}
    {{- end }}
    - {name: operations, containerPort: 8081}
    startupProbe:
      httpGet: {path: /livez, port: {{ .port }}, scheme: {{ .scheme }}}
      periodSeconds: 1
      failureThreshold: 60
    livenessProbe:
      httpGet: {path: /livez, port: {{ .port }}, scheme: {{ .scheme }}}
      periodSeconds: 10
      timeoutSeconds: 5
      failureThreshold: 6
    readinessProbe:
      httpGet: {path: /readyz, port: {{ .port }}, scheme: {{ .scheme }}}
      periodSeconds: 2
      timeoutSeconds: 3
      failureThreshold: 2
    resources:
      {{- toYaml .root.Values.resources | nindent 6 }}
    securityContext:
      {{- include "plinto.containerSecurity" .root | nindent 6 }}
    volumeMounts:
      {{- include "plinto.mounts" .root | nindent 6 }}
  volumes:
    {{- include "plinto.volumes" (dict "root" .root "secrets" .root.Values.secrets) | nindent 4 }}
{{- end -}}

{{/* The pod that migrates. It alone has the secret of the owner of the tables. */}}
{{- define "plinto.migration" -}}
{{- $secrets := set (deepCopy .Values.secrets) "PLINTO_MIGRATE_DATABASE_URL" .Values.migration.database -}}
metadata:
  labels:
    {{- include "plinto.selector" . | nindent 4 }}
    app.kubernetes.io/component: migration
spec:
  {{- include "plinto.pod" . | nindent 2 }}
  restartPolicy: Never
  containers:
  - name: migrate
    image: {{ include "plinto.image" . }}
    imagePullPolicy: {{ .Values.image.pullPolicy }}
    args: [migrate]
    env:
      {{- include "plinto.env" (dict "root" . "secrets" $secrets) | nindent 6 }}
    resources:
      {{- toYaml .Values.resources | nindent 6 }}
    securityContext:
      {{- include "plinto.containerSecurity" . | nindent 6 }}
    volumeMounts:
      {{- include "plinto.mounts" . | nindent 6 }}
  volumes:
    {{- include "plinto.volumes" (dict "root" . "secrets" $secrets) | nindent 4 }}
{{- end -}}
