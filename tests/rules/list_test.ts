/** Alerts on the node list, and on the sync in the cluster. @module */

import { families } from "../../src/metrics/families.ts";
import { syncMetrics } from "../../src/sync/in_cluster.ts";
import { caseNodes, nodeLoss, nodeName } from "../cases/cluster.ts";
import { clusterSeries, labelText, steadyPair } from "./series.ts";
import type { InputSeries } from "./series.ts";
import { fires, ruleTest } from "./rule_case.ts";

const long = 40;
const [a, b] = [nodeName(1), nodeName(2)];
const five = { nodes: caseNodes(5), losses: [], silent: [] };
const well = clusterSeries(five, long, (pair) => steadyPair(pair, long));

function own(name: string, labels: Readonly<Record<string, string>>, values: string): InputSeries {
  return { series: name + labelText({ job: "node-exporter", ...labels }), values };
}

const skipped = (node: string, reason: string, values: string) =>
  own(families.agentSkippedEntries.name, { source_node: node, reason }, values);

ruleTest("entries that are skipped are one alert a reason, until they are mended", [
  ...well,
  ...[a, b].map((node) => skipped(node, "unusable_address", `2x20 0x${long - 21}`)),
  ...[a, b].map((node) => skipped(node, "own_address", `0x${long}`)),
], [
  { at: 300, firing: [] },
  { at: 840, firing: [fires("configEntriesSkipped", { reason: "unusable_address" })] },
  { at: 1500, firing: [] },
]);

ruleTest("host names that do not resolve are one alert", [
  ...well,
  ...[a, b].map((node) =>
    own(families.agentUnresolvedTargets.name, { source_node: node }, `1x${long}`)
  ),
], [
  { at: 300, firing: [] },
  { at: 840, firing: [fires("targetsUnresolved")] },
]);

/** What kube-state-metrics says of these nodes. */
const objects = (names: readonly string[], values = `1x${long}`) =>
  names.map((node) => ({
    series: `kube_node_info${labelText({ node, job: "kube-state-metrics" })}`,
    values,
  }));
const others = five.nodes.map(({ name }) => name).filter((name) => name !== b);

ruleTest("a node that left the cluster and stays in the list is stale", [
  ...well,
  ...objects(others),
  ...objects([b], `1x5 stale`),
], [
  { at: 780, firing: [] },
  {
    at: 1260,
    firing: [fires("nodeListStale")],
    holds: [`node:nodeping_stale:bool{node="${b}"} == 1`],
  },
]);

const dead = { ...five, losses: nodeLoss(b, 1), silent: [b] };
const deadSeries = clusterSeries(dead, long, (pair) => steadyPair(pair, long));

ruleTest("a node that was removed and powered off is stale, and nobody's to drain", [
  ...deadSeries,
  ...objects(others),
], [{ at: 1800, firing: [fires("nodeListStale")] }]);

ruleTest("a node that is off, and still a Node, is unreachable", [
  ...deadSeries,
  ...objects([...others, b]),
], [{ at: 1800, firing: [fires("nodeUnreachable", { node: b })] }]);

ruleTest("without kube-state-metrics nothing is stale", well, [{ at: 1800, firing: [] }]);

ruleTest("a list by hand, whose names are mostly no Nodes, is not stale", [
  ...well,
  ...objects([a, b, "another", "and-another"]),
], [{ at: 1800, firing: [] }]);

const synced = (name: string, values: string) =>
  own(name, { namespace: "monitoring", pod: "node-ping-sync-1" }, values);
const available = (values: string) => ({
  series: `kube_deployment_status_replicas_available${
    labelText({ namespace: "monitoring", deployment: "node-ping-sync", job: "kube-state-metrics" })
  }`,
  values,
});
const failing = fires("syncFailing", { namespace: "monitoring" });

ruleTest("a sync that is refused by its guard, which its own metrics say", [
  ...well,
  synced(syncMetrics.failing.name, `0x3 1x20 0x${long - 24}`),
  synced(syncMetrics.lastSuccess.name, `0x${long}`),
  available(`1x${long}`),
], [
  { at: 300, firing: [] },
  { at: 1200, firing: [failing] },
  { at: 1500, firing: [] },
]);

ruleTest("a sync that never reaches the API server, which kube-state-metrics says", [
  ...well,
  available(`0x20 1x${long - 21}`),
], [
  { at: 300, firing: [] },
  { at: 1020, firing: [failing] },
  { at: 1320, firing: [] },
]);

ruleTest(
  "a sync whose guard refuses the list, without a PodMonitor: what left is stale, what joined is missing",
  [
    ...well,
    ...objects(others),
    available(`1x${long}`),
    own(families.agentInNodeList.name, { source_node: "node-new" }, `0x${long}`),
    own(families.agentLastWriteTimestamp.name, { source_node: "node-new" }, `0+60x${long}`),
  ],
  [{ at: 1800, firing: [fires("nodeListStale"), fires("nodeNotInList")] }],
);

ruleTest("a sync that is switched off raises nothing", well, [{ at: 1800, firing: [] }]);

ruleTest("a sync that has not run for an hour", [
  ...clusterSeries(five, 80, (pair) => steadyPair(pair, 80)),
  synced(syncMetrics.failing.name, "0x80"),
  synced(syncMetrics.lastSuccess.name, "0x80"),
], [
  { at: 3600, firing: [] },
  { at: 4620, firing: [failing] },
]);
