/** Path MTUs: black holes of nodes, pairs and the mesh, and nodes with a smaller MTU than usual. */

import type { PairMeasurement } from "../../src/mesh/mesh.ts";
import { families } from "../../src/metrics/families.ts";
import { caseMesh, caseNodes, nodeName } from "../cases/cluster.ts";
import type { CaseCluster } from "../cases/cluster.ts";
import { clusterSeries, labelText } from "./series.ts";
import type { InputSeries } from "./series.ts";
import { fires, ruleTest } from "./rule_case.ts";
import { vanishing } from "./alert_series.ts";
import type { AlertReading } from "./promtool.ts";
import { alertName } from "../../dashboard/rules/rule.ts";

const [a, b, c, d] = [1, 2, 3, 4].map(nodeName) as [string, string, string, string];
const steps = 24;
const five = caseNodes(5);

/** What a source knows of a pair, a value a step; nothing: it is dead. */
interface PairMtu {
  readonly bytes?: string;
  readonly blackHole: string;
}

const well: PairMtu = { bytes: `1500x${steps}`, blackHole: `0x${steps}` };
/** From the third minute to the ninth. */
const hole: PairMtu = {
  bytes: `1500x2 1400x5 1500x${steps - 9}`,
  blackHole: `0x2 1x5 0x${steps - 9}`,
};

/** A cluster that loses nothing, and what is known of the path MTU of each pair. */
function mtus(
  mtuOf: (pair: PairMeasurement) => PairMtu,
  nodes = five,
): readonly InputSeries[] {
  const cluster: CaseCluster = { nodes, losses: [], silent: [] };
  const ofPairs = caseMesh(cluster).pairs.flatMap((pair) => {
    const { bytes, blackHole } = mtuOf(pair);
    const labels = labelText({
      source_node: pair.source,
      destination_node: pair.destination,
      destination_address: pair.address,
      destination_kind: "node",
      ...{ job: "node-exporter", instance: `${pair.source}:9100` },
    });
    return [
      { series: families.pathMtuBlackHole.name + labels, values: blackHole },
      ...(bytes === undefined
        ? []
        : [{ series: families.pathMtuBytes.name + labels, values: bytes }]),
    ];
  });
  return [...clusterSeries(cluster, steps), ...ofPairs];
}

const joins = ({ source, destination }: PairMeasurement, one: string, other: string) =>
  [source, destination].includes(one) && [source, destination].includes(other);
const isOf = ({ source, destination }: PairMeasurement, node: string) =>
  source === node || destination === node;

ruleTest("no black hole", mtus(() => well), [{ at: 1200, firing: [] }]);

ruleTest("a path MTU black hole of one pair: alert within a minute, gone after its repair", [
  ...mtus((pair) => joins(pair, a, c) ? hole : well),
], [
  { at: 120, firing: [] },
  { at: 300, firing: [fires("pathMtuBlackHole", { node: a, peer: c })] },
  { at: 600, firing: [] },
]);

ruleTest("a black hole that was measured in one direction alone", [
  ...mtus((pair) => pair.source === a && pair.destination === c ? hole : well),
], [{ at: 300, firing: [fires("pathMtuBlackHole", { node: a, peer: c })] }]);

/** Its own interface is smaller: it sends no larger packets, and none reach it. */
const ownSmall: PairMtu = { bytes: `1500x2 1400x5 1500x${steps - 9}`, blackHole: `0x${steps}` };

ruleTest("a node whose interface is smaller is one alert, not one for each pair", [
  ...mtus((pair) => pair.source === b ? ownSmall : pair.destination === b ? hole : well),
], [
  { at: 300, firing: [fires("pathMtuBlackHole", { node: b })] },
  { at: 600, firing: [] },
]);

ruleTest("a node and, elsewhere, a pair", [
  ...mtus((pair) => isOf(pair, b) || joins(pair, a, c) ? hole : well),
], [{
  at: 300,
  firing: [
    fires("pathMtuBlackHole", { node: b }),
    fires("pathMtuBlackHole", { node: a, peer: c }),
  ],
}]);

const narrow: PairMtu = { bytes: `1300x${steps}`, blackHole: `1x${steps}` };
const between = (peer: string, passes: number): AlertReading => ({
  alertname: alertName("pathMtuBlackHole"),
  labels: { severity: "warning", kind: "mtu", node: a, peer },
  summary: `Full-size packets vanish between ${a} and ${peer}`,
  description: vanishing(`${passes} bytes pass. `),
});

ruleTest("two pairs of one node, each with the size that passes between these two", [
  ...mtus((pair) =>
    pair.source === a && pair.destination === c ? hole : joins(pair, a, d) ? narrow : well
  ),
], [{ at: 300, reading: [between(c, 1400), between(d, 1300)] }]);

const half = new Set(caseNodes(10).slice(5).map(({ name }) => name));

ruleTest("two groups of nodes between which full-size packets vanish are one alert", [
  ...mtus(({ source, destination }) => half.has(source) === half.has(destination) ? well : hole, [
    ...caseNodes(10),
  ]),
], [{ at: 300, firing: [fires("pathMtuBlackHole")] }]);

ruleTest("a dead node says nothing of its path MTU", [
  ...mtus((pair) => isOf(pair, b) ? { blackHole: `0x${steps}` } : joins(pair, a, c) ? hole : well),
], [{ at: 300, firing: [fires("pathMtuBlackHole", { node: a, peer: c })] }]);

const cordoned = five.map((node) => node.name === b ? { ...node, cordoned: true } : node);

ruleTest("a cordoned node's black holes do not alarm", [
  ...mtus((pair) => isOf(pair, b) ? hole : well, cordoned),
], [{ at: 300, firing: [] }]);

const small: PairMtu = { bytes: `1400x${steps}`, blackHole: `0x${steps}` };

ruleTest("a node with a smaller path MTU than most, which routers report", [
  ...mtus((pair) => isOf(pair, b) ? small : well),
], [
  { at: 600, firing: [] },
  { at: 1200, firing: [fires("pathMtuSmall", { node: b })] },
]);

ruleTest("a mesh whose path MTU is small everywhere", mtus(() => small), [{
  at: 1200,
  firing: [],
}]);

/** No large ICMP is answered, whatever TCP does: the value is the size of the small probes. */
const filtered: PairMtu = { bytes: `84x${steps}`, blackHole: `0x${steps}` };

ruleTest("a node that filters large ICMP is not one with a small path MTU", [
  ...mtus((pair) => isOf(pair, b) ? filtered : well),
], [{ at: 1200, firing: [] }]);
