/** The chart's templates, rendered by the real Helm, say what the plain files say. @module */

import assert from "node:assert/strict";
import { parse } from "yaml";
import { helms } from "../chart/helm.ts";
import { needing, noHelm } from "../needing.ts";

const root = new URL("../../", import.meta.url).pathname;

/** What the templates take from the rest of the chart, and nothing else. */
const surroundings = `
{{- define "nodeping.fullname" }}node-ping{{ end }}
{{- define "nodeping.labels" }}app: node-ping{{ end }}
{{- define "nodeping.fillValues" }}{{ end }}
`;

/** Renders the templates in a chart of their own; returns the object. */
async function render(helm: string, values: string): Promise<Record<string, unknown>> {
  const chart = await Deno.makeTempDir({ prefix: "nodeping-chart-" });
  try {
    await Deno.mkdir(`${chart}/templates`);
    await Deno.mkdir(`${chart}/dashboards`);
    await Deno.writeTextFile(`${chart}/Chart.yaml`, "{apiVersion: v2, name: test, version: 0.0.1}");
    await Deno.writeTextFile(`${chart}/templates/_surroundings.tpl`, surroundings);
    await Deno.copyFile(`${root}chart/values.yaml`, `${chart}/values.yaml`);
    for (
      const file of [
        "templates/prometheusrule.yaml",
        "templates/dashboard-configmap.yaml",
        "dashboards/nodeping.json",
      ]
    ) {
      await Deno.copyFile(`${root}chart/${file}`, `${chart}/${file}`);
    }
    await Deno.writeTextFile(`${chart}/own.yaml`, values);
    const { success, stdout, stderr } = await new Deno.Command(helm, {
      args: ["template", "release", chart, "--values", `${chart}/own.yaml`],
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    return parse(new TextDecoder().decode(stdout)) as Record<string, unknown>;
  } finally {
    await Deno.remove(chart, { recursive: true });
  }
}

function test(name: string, fn: (helm: string) => Promise<void>): void {
  if (helms.length === 0) {
    Deno.test({ ...needing(name, noHelm), fn(): void {} });
  }
  for (const helm of helms) Deno.test(`${helm.name}: ${name}`, () => fn(helm.command));
}

test("prometheusrule.yaml with default values has the rules of the plain file", async (helm) => {
  const { kind, spec } = await render(helm, "prometheusRule: {enabled: true}");
  assert.equal(kind, "PrometheusRule");
  assert.deepEqual(spec, parse(await Deno.readTextFile(`${root}chart/rules/nodeping.yaml`)));
});

test("prometheusrule.yaml takes thresholds, durations and links from values", async (helm) => {
  const rule = await render(
    helm,
    `
prometheusRule:
  enabled: true
  interval: 30s
  namespace: monitoring
  additionalLabels: {release: prometheus}
  additionalAlertLabels: {team: network}
  runbookUrl: https://example.org/alerts
  thresholds: {loss: 0.07, window: 4m}
  alerts: {linkLossy: {for: 9m, severity: critical}, rttHigh: {enabled: false}}
`,
  );
  assert.deepEqual(rule["metadata"], {
    name: "node-ping",
    namespace: "monitoring",
    labels: { app: "node-ping", release: "prometheus" },
  });
  const text = JSON.stringify(rule["spec"]);
  assert.match(text, /nodepair:nodeping_loss:ratio > 0\.07/);
  assert.match(text, /\[4m\]/);
  assert.doesNotMatch(text, /\[2m\]|NodePingRttHigh/);
  assert.match(text, /"for":"9m","labels":\{"severity":"critical","team":"network"\}/);
  assert.match(text, /"runbook_url":"https:\/\/example.org\/alerts#nodepinglinklossy"/);
  assert.match(text, /"interval":"30s"/);
});

test("dashboard-configmap.yaml holds the dashboard without what an upload asks", async (helm) => {
  const { kind, metadata, data } = await render(
    helm,
    `
dashboards: {enabled: true, labels: {grafana_dashboard: "1"}, annotations: {grafana_folder: Network}}
`,
  );
  assert.equal(kind, "ConfigMap");
  assert.deepEqual(metadata, {
    name: "node-ping-dashboard",
    namespace: "default",
    labels: { app: "node-ping", grafana_dashboard: "1" },
    annotations: { grafana_folder: "Network" },
  });
  const text = (data as Record<string, string>)["nodeping.json"] ?? "";
  const uploaded = await Deno.readTextFile(`${root}chart/dashboards/nodeping.json`);
  const { __inputs: _, ...dashboard } = JSON.parse(uploaded);
  assert.deepEqual(JSON.parse(text).panels, dashboard.panels);
  assert.doesNotMatch(text, /__inputs|DS_PROMETHEUS/);
});
