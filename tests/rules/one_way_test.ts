/** Loss of one direction alone, while the way back does well. @module */

import { caseNodes, namesIn } from "../cases/cluster.ts";
import type { CaseNode, Loss } from "../cases/cluster.ts";
import { clusterSeries } from "./series.ts";
import type { InputSeries } from "./series.ts";
import { fires, ruleTest } from "./rule_case.ts";

const steps = 24;

function lossy(nodes: readonly CaseNode[], losses: readonly Loss[]): readonly InputSeries[] {
  return clusterSeries({ nodes, losses, silent: [] }, steps);
}

for (const zones of [["zone-a", "zone-b"], ["zone-a", "zone-b", "zone-c"]]) {
  const nodes = caseNodes(12, zones);
  const [from, to] = [namesIn(nodes, "zone-a"), namesIn(nodes, "zone-b")];
  const alert = fires("zonePairLossy", { zone: "zone-a", peer_zone: "zone-b" });
  for (const loss of [1, 0.3]) {
    ruleTest(
      `of ${zones.length} zones one loses ${loss} of its probes of another: one alert, for good`,
      lossy(nodes, [{ from, to, loss }]),
      [300, 600, 1200].map((at) => ({ at, firing: [alert] })),
    );
  }
  ruleTest(
    `of ${zones.length} zones one node loses probes of another zone: no zone is blamed`,
    lossy(nodes, [{ from: from.slice(0, 1), to, loss: 0.05 }]),
    [{ at: 600, holds: ['absent(nodeping:cause:loss_ratio{kind="zone-pair"})'] }],
  );
}

/** The third of three zones has all nodes that the first two have not. */
function cluster(ofA: number, ofB: number): readonly CaseNode[] {
  return caseNodes(20).map((node, place) => ({
    ...node,
    zone: place < ofA ? "zone-a" : place < ofA + ofB ? "zone-b" : "zone-c",
  }));
}

const few = [
  { what: "the only node of a zone loses probes", ofA: 1, ofB: 6, losing: 1 },
  { what: "the four pairs between zones of two nodes lose probes", ofA: 2, ofB: 2, losing: 2 },
  { what: "seven of eight nodes lose probes of another zone", ofA: 8, ofB: 6, losing: 7 },
];
for (const { what, ofA, ofB, losing } of few) {
  const nodes = cluster(ofA, ofB);
  const from = namesIn(nodes, "zone-a").slice(0, losing);
  ruleTest(
    `${what} one way: no zone is blamed`,
    lossy(nodes, [{ from, to: namesIn(nodes, "zone-b"), loss: 1 }]),
    [{ at: 600, holds: ['absent(nodeping:cause:loss_ratio{kind="zone-pair"})'] }],
  );
}
