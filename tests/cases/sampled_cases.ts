/** The cases on a mesh of which each node probes a part, as in a large cluster. @module */

import { chooseNodes } from "../../src/targets/destination.ts";
import { scattered } from "./cases.ts";
import type { DiagnosisCase, ExpectedVerdict } from "./cases.ts";
import { betweenLoss, caseNodes, linkLoss, namesIn, nodeLoss } from "./cluster.ts";
import type { CaseNode, Loss } from "./cluster.ts";

const zones = ["zone-a", "zone-b", "zone-c"];

/** Each cause alone, two at once, and none, in a cluster of so many nodes that probe K others each. */
export function sampledCases(count: number, meshDegree: number): readonly DiagnosisCase[] {
  const nodes = caseNodes(count, zones);
  const [bad = "", worse = ""] = [nodes[1]?.name, nodes[2]?.name];
  const link = watchedLink(nodes, meshDegree, true);
  const halfLink = watchedLink(nodes, meshDegree, false);
  const make = (
    name: string,
    losses: readonly Loss[],
    expected: readonly ExpectedVerdict[],
    silent: readonly string[] = [],
  ): DiagnosisCase => ({
    name: `${count} nodes, ${meshDegree} each: ${name}`,
    ...{ nodes, losses, expected, silent, meshDegree },
  });
  const of = (kind: ExpectedVerdict["kind"], who: readonly string[], loss: number) => ({
    ...{ kind, who, loss },
  });
  const zonePair = betweenLoss(namesIn(nodes, "zone-a"), namesIn(nodes, "zone-b"), 0.1);
  return [
    make("healthy with single losses", scattered(nodes), []),
    make("a dead node, its agent silent", nodeLoss(bad, 1), [of("node", [bad], 1)], [bad]),
    make("a lossy node", nodeLoss(bad, 0.2), [of("node", [bad], 0.2)]),
    make("a lossy source", [{ from: [bad], loss: 0.1 }], [of("source", [bad], 0.1)]),
    make("a destination that limits ICMP", [{ to: [bad], loss: 0.4 }], [
      of("destination", [bad], 0.4),
    ]),
    make("a link that is probed both ways is cut", linkLoss(...link, 1), [of("link", link, 1)]),
    make("a link that is probed one way is cut", linkLoss(...halfLink, 1), [
      of("link", halfLink, 1),
    ]),
    make("two zones lose a tenth between them", zonePair, [
      of("zone-pair", ["zone-a", "zone-b"], 0.1),
    ]),
    make("a lossy node and a lossy zone pair", [...zonePair, ...nodeLoss(worse, 0.5)], [
      of("zone-pair", ["zone-a", "zone-b"], 0.1),
      of("node", [worse], 0.5),
    ]),
  ];
}

/** The first two nodes, by name, of which both choose each other, or only the one the other. */
function watchedLink(
  nodes: readonly CaseNode[],
  degree: number,
  bothWays: boolean,
): readonly [string, string] {
  for (const { name: one } of nodes.slice(10)) {
    for (const other of chooseNodes(nodes, one, degree)) {
      if (chooseNodes(nodes, other, degree).has(one) !== bothWays) continue;
      return one < other ? [one, other] : [other, one];
    }
  }
  throw new Error("No such link");
}
