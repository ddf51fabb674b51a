{{/* Made by `deno task generate` from values.yaml. */}}
{{- define "nodeping.defaultValues" -}}
image:
  registry: localhost
  repository: nodeping
  tag: ""
  digest: ""
  pullPolicy: IfNotPresent
nodePing:
  nodes: []
  externalTargets: []
  lookup: true
  selector: null
  excludeTaints: []
  addressType: InternalIP
  ipFamily: ipv4
  maxShrink: 50
  period: 500ms
  timeout: 1000ms
  size: 56
  pacing: bursts
  pathMtu:
    enabled: true
    interval: 10s
  meshDegree: auto
  fullMeshLimit: 200
  pairMetrics: all
  logLevel: info
  logFormat: logfmt
  metricsCompatibility: ""
  configMapName: ""
sync:
  enabled: true
  resources:
    requests:
      cpu: 10m
      memory: 64Mi
    limits:
      memory: 192Mi
  nodeSelector:
    kubernetes.io/os: linux
  tolerations: []
  extraEnv: []
tests:
  enabled: true
  window: 15s
  resources:
    requests:
      cpu: 10m
      memory: 64Mi
    limits:
      memory: 192Mi
  nodeSelector:
    kubernetes.io/os: linux
  tolerations: []
  extraEnv: []
mode: host
port: 10927
loopbackOnly: false
textfile:
  enabled: true
  hostPath: /var/run/node-exporter-textfile
  prefix: ""
restricted:
  runAsUser: 65532
podMonitor:
  enabled: false
  namespace: ""
  additionalLabels: {}
  interval: ""
  scrapeTimeout: ""
  relabelings: []
  metricRelabelings: []
clusterLabel: cluster
prometheusRule:
  enabled: false
  namespace: ""
  additionalLabels: {}
  interval: ""
  runbookUrl: ""
  additionalAlertLabels: {}
  thresholds:
    window: 2m
    loss: 0.02
    stillLosing: 1m
    unreachable: 0.9
    burstWindow: 10m
    lossBursts: 1
    rttFactor: 3
    rttIncreaseSeconds: 0.001
    rttUsualWindow: 1d
    probeRate: 0.9
    staleSeconds: 120
  alerts:
    nodeUnreachable:
      enabled: true
      for: 2m
      severity: critical
    nodeLossy:
      enabled: true
      for: 2m
      severity: warning
    sourceFaulty:
      enabled: true
      for: 2m
      severity: warning
    destinationNotAnswering:
      enabled: true
      for: 2m
      severity: warning
    linkLossy:
      enabled: true
      for: 2m
      severity: warning
    zonePairLossy:
      enabled: true
      for: 2m
      severity: critical
    pathLossy:
      enabled: true
      for: 2m
      severity: critical
    pathMtuBlackHole:
      enabled: true
      for: 1m
      severity: warning
    pathMtuSmall:
      enabled: true
      for: 15m
      severity: info
    lossBursts:
      enabled: true
      for: 3m
      severity: info
    rttHigh:
      enabled: true
      for: 5m
      severity: warning
    agentNotMeasuring:
      enabled: true
      for: 5m
      severity: warning
    agentMissing:
      enabled: true
      for: 5m
      severity: warning
    probeRateLow:
      enabled: true
      for: 10m
      severity: warning
    clockSteps:
      enabled: true
      for: 10m
      severity: warning
    configDiffers:
      enabled: true
      for: 10m
      severity: warning
    configRefused:
      enabled: true
      for: 5m
      severity: warning
    nodeNotInList:
      enabled: true
      for: 15m
      severity: warning
    configEntriesSkipped:
      enabled: true
      for: 10m
      severity: warning
    targetsUnresolved:
      enabled: true
      for: 10m
      severity: warning
    nodeListStale:
      enabled: true
      for: 5m
      severity: warning
    syncFailing:
      enabled: true
      for: 15m
      severity: warning
    tooFewSources:
      enabled: true
      for: 10m
      severity: warning
    noAgent:
      enabled: true
      for: 5m
      severity: critical
dashboards:
  enabled: false
  namespace: ""
  labels:
    grafana_dashboard: "1"
  annotations: {}
networkPolicy:
  enabled: false
  from: []
resources:
  requests:
    cpu: 100m
    memory: 96Mi
  limits:
    memory: 128Mi
updateStrategy:
  type: RollingUpdate
  rollingUpdate:
    maxUnavailable: 10%
terminationGracePeriodSeconds: 10
livenessProbe:
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 3
tolerations:
  - operator: Exists
nodeSelector:
  kubernetes.io/os: linux
affinity: {}
priorityClassName: ""
dnsPolicy: Default
dnsConfig: {}
seLinuxOptions: {}
imagePullSecrets: []
serviceAccount:
  create: true
  name: ""
  annotations: {}
commonLabels: {}
daemonsetAnnotations: {}
podLabels: {}
podAnnotations: {}
extraArgs: []
extraEnv: []
fullnameOverride: ""
global:
  imageRegistry: ""
  imagePullSecrets: []
{{- end }}
