/** Meshes in which an alert fires, as series, and what of them stands in its text. @module */

import type { PairMeasurement } from "../../src/mesh/mesh.ts";
import { families } from "../../src/metrics/families.ts";
import { nodeOrder } from "../../src/metrics/samples.ts";
import { caseMesh, caseNodes, namesIn, nodeName } from "../cases/cluster.ts";
import type { Loss } from "../cases/cluster.ts";
import type { AlertLabels } from "./promtool.ts";
import { clusterSeries, counting, labelText, steadyPair, stepSeconds } from "./series.ts";
import type { AgentValues, InputSeries, PairValues } from "./series.ts";

/** Names of the first nodes. */
export const [a, b, c] = [nodeName(1), nodeName(2), nodeName(3)];
/** So many nodes without zones. */
export const [five, twelve] = [caseNodes(5), caseNodes(12)];
/** Three nodes in each of three zones. */
export const zoned = caseNodes(9, ["zone-a", "zone-b", "zone-c"]);
/** More than the fewest that a sampled mesh may have. */
export const twenty = caseNodes(20);
/** Samples of each series. */
export const steps = 40;
/** When the alerts are read, in seconds since the start. */
export const at = 38 * stepSeconds;

/** A mesh with these losses. */
export function lossy(losses: readonly Loss[], nodes = five): readonly InputSeries[] {
  return clusterSeries({ nodes, losses, silent: [] }, steps);
}

/** A mesh without losses whose pairs have these values. */
export function pairsOf(
  values: (pair: PairMeasurement) => Partial<PairValues>,
  nodes = five,
): readonly InputSeries[] {
  return clusterSeries({ nodes, losses: [], silent: [] }, steps, (pair) => ({
    ...steadyPair(pair, steps),
    ...values(pair),
  }));
}

/** The path MTU of a pair, by its two families. */
export const well = { bytes: 1500, blackHole: 0 };
export const hole = { bytes: 1400, blackHole: 1 };

/** A mesh that loses nothing, with what is known of the path MTU of each pair. */
export function mtus(mtuOf: (pair: PairMeasurement) => typeof well): readonly InputSeries[] {
  const cluster = { nodes: five, losses: [], silent: [] };
  const ofPairs = caseMesh(cluster).pairs.flatMap((pair) => {
    const { source: source_node, destination: destination_node, address } = pair;
    const { bytes, blackHole } = mtuOf(pair);
    const labels = labelText({ source_node, destination_node, destination_address: address });
    return [
      { series: families.pathMtuBytes.name + labels, values: `${bytes}x${steps}` },
      { series: families.pathMtuBlackHole.name + labels, values: `${blackHole}x${steps}` },
    ];
  });
  return [...clusterSeries(cluster, steps), ...ofPairs];
}

export function vanishing(passing: string): string {
  return "Small packets pass, and no router says that larger ones do not fit: TLS handshakes and " +
    `large answers hang. ${passing}Usual reasons are the headers of an overlay, the limit of a ` +
    "virtual switch, jumbo frames on one side, a filter of ICMP type 3.";
}

export function agents(
  agents: Readonly<Record<string, AgentValues>>,
  nodes = five,
): readonly InputSeries[] {
  return clusterSeries(
    { nodes, losses: [], silent: [] },
    steps,
    (pair) => steadyPair(pair, steps),
    agents,
  );
}

export function own(
  name: string,
  labels: Readonly<Record<string, string>>,
  value: number,
): InputSeries {
  return {
    series: name + labelText({ job: "node-exporter", ...labels }),
    values: `${value}x${steps}`,
  };
}

/** An external target may have the name of a node. */
export function deadExternal(destination_node: string): readonly InputSeries[] {
  const pair = { source_node: a, destination_node, destination_address: "192.0.2.1" };
  const labels = labelText({ ...pair, destination_kind: "external" });
  return [
    { series: families.probesSent.name + labels, values: counting(2 * stepSeconds, steps) },
    { series: families.probesReceived.name + labels, values: `0x${steps}` },
  ];
}

export function each(count: number, values: AgentValues): Readonly<Record<string, AgentValues>> {
  return Object.fromEntries(twelve.slice(0, count).map(({ name }) => [name, values]));
}

const late = at / stepSeconds - 6;
export const burst = { bursts: `0x${late} 1x${steps}` };
export const slow = { rttSum: `${counting(0.06, 30)} ${counting(0.6, steps - 31, 2.4)}` };
/** In the order of their first nodes, which are node-001 and node-002. */
export const [firstZone, secondZone] = nodeOrder(a) < nodeOrder(b)
  ? ["zone-a", "zone-b"]
  : ["zone-b", "zone-a"];
export const [nearer, further] = [a, c].sort((one, two) => nodeOrder(one) - nodeOrder(two)) as [
  string,
  string,
];
/** Labels of a cause that is one node. */
export const ofNode = (kind: string, node: string): AlertLabels => ({ kind, node });
/** Each node of a ring of twelve with the two next: more links than are named one by one. */
export const inRing = ({ source, destination }: PairMeasurement): boolean => {
  const apart = Number(destination.slice(-3)) - Number(source.slice(-3));
  return [1, 2, 10, 11].includes((apart + 12) % 12);
};
export const degree = { [families.agentMeshDegree.name]: `19x${steps}` };
export const inB = namesIn(zoned, "zone-b");
