/** One fault is one alert, in its bursts as well. @module */

import type { PairMeasurement } from "../../src/mesh/mesh.ts";
import { betweenLoss, caseNodes, linkLoss, namesIn, nodeName } from "../cases/cluster.ts";
import type { CaseNode, Loss } from "../cases/cluster.ts";
import { firstZone, secondZone } from "./alert_series.ts";
import { clusterSeries, counting, steadyPair } from "./series.ts";
import type { InputSeries, PairValues } from "./series.ts";
import { fires, ruleTest } from "./rule_case.ts";

const twelve = caseNodes(12);
const zoned = caseNodes(12, ["zone-a", "zone-b", "zone-c"]);
const steps = 30;

function lossy(
  losses: readonly Loss[],
  nodes: readonly CaseNode[] = twelve,
): readonly InputSeries[] {
  return clusterSeries({ nodes, losses, silent: [] }, steps);
}

/** One burst in the sixth minute, so short that the average is hardly touched. */
function shortBurst(pair: PairMeasurement): PairValues {
  return { ...steadyPair(pair, steps), bursts: `0x5 1x${steps - 6}` };
}

const fourLinks = [[1, 2], [3, 4], [5, 6], [7, 8]].flatMap(([one = 0, other = 0]) =>
  linkLoss(nodeName(one), nodeName(other), 0.3)
);

ruleTest("many links that lose packets are one alert, and their bursts none", lossy(fourLinks), [
  ...[5, 10, 20, 29].map((minute) => ({ at: minute * 60, firing: [fires("linkLossy")] })),
]);

ruleTest("every pair between zones loses: one alert, and its bursts none", [
  ...lossy([{ loss: 0.3 }], zoned),
], [...[5, 10, 20, 29].map((minute) => ({ at: minute * 60, firing: [fires("zonePairLossy")] }))]);

ruleTest(
  "a core switch that drops everything for a moment is one alert, not one for each node",
  clusterSeries({ nodes: twelve, losses: [], silent: [] }, steps, shortBurst),
  [
    { at: 300, firing: [] },
    ...[10, 13].map((minute) => ({ at: minute * 60, firing: [fires("lossBursts")] })),
    { at: 1200, firing: [] },
  ],
);

const [inA, inB] = [namesIn(zoned, "zone-a"), namesIn(zoned, "zone-b")];

ruleTest(
  "two zones lose packets for good, and then all pairs for a moment: two alerts",
  clusterSeries(
    { nodes: zoned, losses: betweenLoss(inA, inB, 0.3), silent: [] },
    steps,
    (pair) => {
      const { received, ...steady } = steadyPair(pair, steps);
      if (pair.received < pair.sent) return { ...steady, received };
      return {
        ...steady,
        received: `0+120x11 ${counting(120, steps - 13, 12 * 120 - 30)}`,
        bursts: `0x11 1x${steps - 12}`,
      };
    },
  ),
  [{
    at: 1140,
    firing: [
      fires("zonePairLossy", { zone: firstZone, peer_zone: secondZone }),
      fires("lossBursts"),
    ],
  }],
);

ruleTest(
  "a link loses packets for good, and elsewhere another has bursts alone: two alerts",
  clusterSeries(
    { nodes: twelve, losses: fourLinks, silent: [] },
    steps,
    (pair) =>
      pair.source === nodeName(9) && pair.destination === nodeName(10)
        ? shortBurst(pair)
        : steadyPair(pair, steps),
  ),
  [{
    at: 600,
    firing: [fires("linkLossy"), fires("lossBursts", { node: nodeName(9), peer: nodeName(10) })],
  }],
);
