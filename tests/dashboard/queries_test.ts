/** Every query of every panel is answered by a real Prometheus, with data of the right shape. @module */

import assert from "node:assert/strict";
import { dashboard } from "../../dashboard/dashboard.ts";
import { defaultSettings } from "../../dashboard/rules/rule.ts";
import { caseNodes, linkLoss, nodeLoss, nodeName } from "../cases/cluster.ts";
import type { CaseCluster } from "../cases/cluster.ts";
import { serve, SyntheticCluster } from "../synthetic/exporter.ts";
import { RealPrometheus } from "../synthetic/prometheus.ts";
import type { InstantResult } from "../synthetic/prometheus.ts";
import { answersAll } from "./answers.ts";
import { filledIn, oneCluster, panelQueries, several } from "./grafana.ts";
import type { VariableValues } from "./grafana.ts";
import { missingPrograms, needing } from "../needing.ts";

const scrapeSeconds = 1;
const rangeSeconds = 30;
const [a, b, c, d] = [nodeName(1), nodeName(2), nodeName(3), nodeName(4)];
const nodes = caseNodes(6, ["zone-a", "zone-b", "zone-c"]);
const healthy: CaseCluster = { nodes, losses: [], silent: [] };
const faulty: CaseCluster = {
  nodes: nodes.map((node) => node.name === d ? { ...node, cordoned: true } : node),
  losses: [...linkLoss(a, c, 1), ...nodeLoss(b, 0.4)],
  silent: [],
};

const all = ".*";
const choices: Readonly<Record<string, VariableValues>> = {
  "everything": {
    ...oneCluster,
    source: all,
    destination: all,
    source_zone: all,
    destination_zone: all,
    summarized: "node",
  },
  "two sources, one destination, one zone": {
    ...oneCluster,
    source: several([a, b]),
    destination: several([c]),
    source_zone: several(["zone-a", "zone-b"]),
    destination_zone: several(["zone-c"]),
    summarized: "node",
  },
};

Deno.test({
  ...needing(
    "every panel's queries are answered, scraped once or twice",
    missingPrograms("prometheus"),
  ),
  fn: async (test) => {
    const cluster = new SyntheticCluster(healthy);
    await using server = serve(cluster);
    await using prometheus = await RealPrometheus.start({
      settings: {
        ...defaultSettings,
        thresholds: { ...defaultSettings.thresholds, window: "5s", stillLosing: "5s" },
      },
      intervalSeconds: scrapeSeconds,
      exporterPort: server.addr.port,
      nodes: nodes.map(({ name }) => name),
      twice: true,
      hurry: true,
    });
    await prometheus.waitFor(`count(nodepair:nodeping_loss:ratio) == 30`, 30);
    cluster.become(faulty);
    await prometheus.waitFor(`count(nodeping:cause:loss_ratio) == 2`, 30);
    await prometheus.waitFor(`count(nodepair:nodeping_loss:ratio == 1) == 2`, 30);
    for (const [choice, values] of Object.entries(choices)) {
      await test.step(
        choice,
        () => answersAll(prometheus, values, { rangeSeconds, scrapeSeconds }),
      );
    }
    await test.step("variables", () => offersNodes(prometheus));
    await test.step("summary of few", () => summarizesFew(prometheus));
    await test.step("shapes", () => hasShapes(prometheus));
  },
});

async function offersNodes(prometheus: RealPrometheus): Promise<void> {
  const offered: string[] = [];
  for (const { type, query } of dashboard().templating?.list ?? []) {
    if (type !== "query") continue;
    const text = (query as { readonly query: string }).query;
    const [, series = "", label = ""] = text.match(/^label_values\((.*), (\w+)\)$/) ?? [];
    if (series === "") continue;
    const filled = filledIn(series, { ...oneCluster, source_zone: all, destination_zone: all }, {
      rangeSeconds,
      stepSeconds: 1,
      scrapeSeconds,
    });
    offered.push(`${label}: ${(await prometheus.labelValues(label, filled)).length}`);
  }
  assert.deepEqual(offered, [
    "source_zone: 3",
    "source_node: 6",
    "destination_zone: 3",
    "destination_node: 6",
  ]);
}

/** The hidden variables tell whether few nodes are selected. */
async function summarizesFew(prometheus: RealPrometheus): Promise<void> {
  const time = { rangeSeconds, stepSeconds: 1, scrapeSeconds };
  const values = async (variable: string, limit: number) => {
    const hidden = dashboard().templating?.list?.find(({ name }) => name === variable);
    const { query } = hidden?.query as { readonly query: string };
    const expr = query.replace(/^query_result\((.*)\)$/, "$1").replaceAll("<= 60", `<= ${limit}`);
    const found = await prometheus.query(filledIn(expr, choices["everything"] ?? {}, time));
    return found.map(({ metric }) => metric["is"]);
  };
  assert.deepEqual([await values("summarized", 60), await values("summarized", 5)], [["node"], []]);
  assert.deepEqual([await values("zoned", 60), await values("zoned", 5)], [[], ["_zone"]]);
}

Deno.test("a cell of the matrices selects nodes, or zones where it shows zones", () => {
  const names = (dashboard().templating?.list ?? []).map(({ name }) => name);
  const matrices = (dashboard().panels ?? []).filter(({ title }) => title?.includes("source x"));
  assert.equal(matrices.length, 2);
  for (const matrix of matrices) {
    const [link] = ("fieldConfig" in matrix ? matrix.fieldConfig?.defaults.links : []) ?? [];
    for (const suffix of ["", "_zone"]) {
      const url = link?.url?.replaceAll("${zoned}", suffix) ?? "";
      const selected = [...url.matchAll(/[?&]var-(\w+)=/g)].map(([, name]) => name);
      assert.deepEqual(selected, [`source${suffix}`, `destination${suffix}`]);
      for (const name of selected) assert.ok(names.includes(name ?? ""), name);
    }
  }
});

async function hasShapes(prometheus: RealPrometheus): Promise<void> {
  const ask = async (title: string, refId = "A") => {
    const query = panelQueries(dashboard()).find((one) =>
      one.panel === title && one.refId === refId
    );
    assert.ok(query, title);
    const time = { rangeSeconds, stepSeconds: 1, scrapeSeconds };
    return await prometheus.query(filledIn(query.expr, choices["everything"] ?? {}, time));
  };
  const cell = (result: readonly InstantResult[], source: string, destination: string) =>
    result.filter(({ metric }) =>
      metric["source_node"] === source && metric["destination_node"] === destination
    ).map(({ value }) => Number(value[1]));
  const loss = await ask("Loss, source x destination");
  assert.equal(loss.length, 30);
  assert.deepEqual(cell(loss, a, c), [1]);
  assert.deepEqual(cell(loss, d, a), [0]);
  const rtt = await ask("Round-trip time, source x destination");
  assert.deepEqual(cell(rtt, c, a), [], "a dead pair has no round-trip time");
  assert.ok((cell(rtt, d, a)[0] ?? 0) > 0.0001);
  const summary = await ask("Summary of the period", "loss");
  assert.equal(cell(summary, a, c).length, 1, "scraped twice, shown once");
  const causes = await ask("Who is to blame");
  assert.deepEqual(causes.map(({ metric }) => metric["kind"]).sort(), ["link", "node"]);
  for (const refId of ["A", "B", "C", "D"]) {
    const [trouble] = await ask("Agents in trouble", refId);
    assert.equal(trouble?.value[1], "0", `no agent is in trouble: ${refId}`);
  }
  const [nodeCount] = await ask("Causes");
  assert.equal(nodeCount?.value[1], "1");
}
