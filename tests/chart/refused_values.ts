/** Values whose objects the API server refuses: the schema must refuse them first. @module */

/** A combination of values that no API server takes. */
export interface RefusedValues {
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * Checked twice: tests/chart/ shows that the schema refuses them, tests/e2e/ that the API server
 * does so, too, when the schema is passed over.
 */
export const refusedByApiServer: readonly RefusedValues[] = [
  { name: "port above 65535", values: { port: 70000 } },
  {
    name: "toleration Exists with a value",
    values: { tolerations: [{ key: "a", operator: "Exists", value: "b" }] },
  },
  { name: "toleration without key", values: { tolerations: [{ value: "b" }] } },
  {
    name: "tolerationSeconds without NoExecute",
    values: { tolerations: [{ operator: "Exists", effect: "NoSchedule", tolerationSeconds: 5 }] },
  },
  {
    name: "unknown toleration effect",
    values: { tolerations: [{ operator: "Exists", effect: "Never" }] },
  },
  { name: "dnsPolicy None without nameservers", values: { dnsPolicy: "None" } },
  { name: "unknown dnsPolicy", values: { dnsPolicy: "Host" } },
  {
    name: "rollout of none at a time",
    values: { updateStrategy: { rollingUpdate: { maxUnavailable: 0 } } },
  },
  {
    name: "more than all at a time",
    values: { updateStrategy: { rollingUpdate: { maxUnavailable: "200%" } } },
  },
  { name: "unknown update strategy", values: { updateStrategy: { type: "Recreate" } } },
  { name: "label value with a space", values: { podLabels: { team: "net work" } } },
  { name: "label key with a space", values: { commonLabels: { "te am": "network" } } },
  { name: "node selector of a number of words", values: { nodeSelector: { pool: "a b" } } },
  {
    name: "variable with two sources",
    values: {
      extraEnv: [{
        name: "A",
        value: "b",
        valueFrom: { fieldRef: { fieldPath: "status.hostIP" } },
      }],
    },
  },
  { name: "variable of an impossible name", values: { extraEnv: [{ name: "A=B", value: "c" }] } },
  { name: "name with upper case", values: { fullnameOverride: "NodePing" } },
  { name: "ConfigMap with an underscore", values: { nodePing: { configMapName: "node_ping" } } },
  {
    name: "directory that is not absolute and upwards",
    values: { textfile: { hostPath: "/a/../b" } },
  },
  { name: "probe that never runs", values: { livenessProbe: { periodSeconds: -1 } } },
  { name: "negative user", values: { mode: "restricted", restricted: { runAsUser: -5 } } },
  { name: "pull policy of no kubelet", values: { image: { pullPolicy: "Sometimes" } } },
  { name: "resources as a list", values: { resources: { limits: ["memory"] } } },
];
