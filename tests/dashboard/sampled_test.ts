/** The dashboard over a mesh of which each node probes a part. @module */

import assert from "node:assert/strict";
import { dashboard } from "../../dashboard/dashboard.ts";
import { defaultSettings } from "../../dashboard/rules/rule.ts";
import { chooseNodes } from "../../src/targets/destination.ts";
import { caseNodes, nodeLoss, nodeName } from "../cases/cluster.ts";
import { answersAll } from "./answers.ts";
import { allNodes, filledIn, panelQueries } from "./grafana.ts";
import { missingPrograms, needing } from "../needing.ts";
import { serve, SyntheticCluster } from "../synthetic/exporter.ts";
import { RealPrometheus } from "../synthetic/prometheus.ts";
import type { InstantResult } from "../synthetic/prometheus.ts";

const scrapeSeconds = 2;
const rangeSeconds = 20;
const meshDegree = 16;
const nodes = caseNodes(40, ["zone-a", "zone-b", "zone-c"]);
const lossy = nodeName(2);
/** One cordoned node, so that its panel has something to show. */
const cluster = {
  nodes: nodes.map((node) => node.name === nodeName(9) ? { ...node, cordoned: true } : node),
  silent: [],
  meshDegree,
};

Deno.test({
  ...needing(
    "the dashboard shows a sampled mesh as it is",
    missingPrograms("prometheus"),
  ),
  fn: async (test) => {
    const synthetic = new SyntheticCluster({ ...cluster, losses: [] });
    await using server = serve(synthetic);
    await using prometheus = await RealPrometheus.start({
      settings: {
        ...defaultSettings,
        thresholds: { ...defaultSettings.thresholds, window: "8s", stillLosing: "8s" },
      },
      intervalSeconds: scrapeSeconds,
      exporterPort: server.addr.port,
      nodes: nodes.map(({ name }) => name),
      hurry: true,
    });
    const pairs = nodes.length * meshDegree;
    await prometheus.waitFor(`count(nodepair:nodeping_loss:ratio) == ${pairs}`, 40);
    synthetic.become({ ...cluster, losses: nodeLoss(lossy, 0.4) });
    await prometheus.waitFor(`nodeping:cause:loss_ratio{kind="node"}`, 40);
    // Graphs end at a whole second: what a rule said just now is not yet in them.
    for (const trouble of ["send_failures", "icmp_errors"]) {
      await prometheus.waitFor(`max(source:nodeping_${trouble}:rate offset 2s) > 0`, 40);
    }
    await test.step("every query is answered", () =>
      answersAll(prometheus, allNodes, { rangeSeconds, scrapeSeconds }));
    await test.step("matrix, summary and verdict", () => showsWhatIsProbed(prometheus, pairs));
  },
});

async function showsWhatIsProbed(prometheus: RealPrometheus, pairs: number): Promise<void> {
  const ask = async (title: string, refId = "A"): Promise<readonly InstantResult[]> => {
    const query = panelQueries(dashboard()).find((one) =>
      one.panel === title && one.refId === refId
    );
    assert.ok(query, title);
    const time = { rangeSeconds, stepSeconds: scrapeSeconds, scrapeSeconds };
    return await prometheus.query(filledIn(query.expr, allNodes, time));
  };
  const loss = await ask("Loss, source x destination");
  assert.equal(loss.length, pairs, "no cell for a pair that is not probed");
  const row = loss.filter(({ metric }) => metric["source_node"] === lossy)
    .map(({ metric }) => metric["destination_node"]);
  assert.deepEqual(row.sort(), [...chooseNodes(nodes, lossy, meshDegree)].sort());
  assert.equal((await ask("Summary of the period", "loss")).length, pairs);
  const causes = await ask("Who is to blame");
  assert.deepEqual(causes.map(({ metric }) => [metric["kind"], metric["node"]]), [["node", lossy]]);
  for (const refId of ["A", "B", "C", "D"]) {
    const [trouble] = await ask("Agents in trouble", refId);
    assert.equal(trouble?.value[1], "0", `no agent is in trouble: ${refId}`);
  }
  const alerts = await prometheus.query('ALERTS{alertname="NodePingTooFewSources"}');
  assert.deepEqual(alerts, [], "each node has the sources that were planned");
}
