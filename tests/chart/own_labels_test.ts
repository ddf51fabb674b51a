import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import type { V1DaemonSet } from "@kubernetes/client-node";
import { chart, only, parseManifests, runHelm, testWithHelms } from "./helm.ts";
import type { Manifest } from "./helm.ts";

interface PrometheusRule extends Manifest {
  readonly spec: {
    readonly groups: readonly {
      readonly rules: readonly { readonly labels?: Readonly<Record<string, string>> }[];
    }[];
  };
}

/** Each special setting has a key that a general one, or the chart itself, has as well. */
const values = {
  commonLabels: { release: "general", grafana_dashboard: "general", team: "network" },
  podAnnotations: { "kubectl.kubernetes.io/default-container": "mine" },
  podMonitor: { enabled: true, additionalLabels: { release: "special" } },
  prometheusRule: {
    enabled: true,
    additionalLabels: { release: "special" },
    additionalAlertLabels: { severity: "page", team: "network" },
  },
  dashboards: { enabled: true },
};

// kustomize (and with it Flux), and sync itself, refuse an object with one key twice.
testWithHelms("a special label wins over a general one, and none stands twice", async (helm) => {
  const args = ["template", "nodeping", chart, "-f", "-"];
  const { code, stdout, stderr } = await runHelm(helm, args, JSON.stringify(values));
  assert.equal(code, 0, stderr);
  assert.deepEqual(parseAllDocuments(stdout).flatMap(({ errors }) => errors), []);
  const manifests = parseManifests(stdout);
  const labels = (kind: string, name: string) =>
    only<Manifest>(manifests, kind, name).metadata.labels;
  assert.equal(labels("ConfigMap", "node-ping-dashboard")?.["grafana_dashboard"], "1");
  assert.equal(labels("ConfigMap", "node-ping-dashboard")?.["team"], "network");
  assert.equal(labels("PodMonitor", "node-ping")?.["release"], "special");
  assert.equal(labels("PrometheusRule", "node-ping")?.["release"], "special");
  assert.equal(labels("DaemonSet", "node-ping")?.["release"], "general");
  const { spec } = only<PrometheusRule>(manifests, "PrometheusRule");
  const alerts = spec.groups.flatMap(({ rules }) => rules).filter((rule) => "alert" in rule);
  assert.ok(alerts.length > 10);
  for (const alert of alerts) assert.deepEqual(alert.labels, { severity: "page", team: "network" });
  const pod = only<V1DaemonSet>(manifests, "DaemonSet").spec?.template.metadata;
  assert.deepEqual(pod?.annotations, { "kubectl.kubernetes.io/default-container": "mine" });
});
