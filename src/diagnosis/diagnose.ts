/** From a mesh of measurements to verdicts. The method is derived in docs/diagnosis.md. @module */

import { evidenceOf, lossOfCause } from "./evidence.ts";
import { linkPenalty } from "./hypotheses.ts";
import { highestNoise, SharedLoss, unexplained } from "./likelihood.ts";
import { smallestFault } from "./model.ts";
import type { Cause, Explanation } from "./model.ts";
import { observe } from "./observations.ts";
import type { Observations } from "./observations.ts";
import { namesOf } from "./report.ts";
import type { Diagnosis, Verdict } from "./report.ts";
import { findCauses } from "./search.ts";
import type { Mesh } from "../mesh/mesh.ts";

/** Finds the fewest causes that explain the mesh. */
export function diagnose(mesh: Mesh): Diagnosis {
  const seen = observe(mesh);
  const explanation = findCauses(seen);
  const verdicts = explanation.causes.map((cause) => verdictOf(explanation, cause))
    .sort((one, other) =>
      other.loss - one.loss || namesOf(one).join().localeCompare(namesOf(other).join())
    );
  return {
    report: { verdicts, sources: measuringSources(seen), pairs: seen.source.length },
    smallestLoss: smallestLoss(seen, explanation.noise),
  };
}

function verdictOf(explanation: Explanation, cause: Cause): Verdict {
  const { nodes, zones } = explanation.seen;
  const { subject } = cause.hypothesis;
  const base = {
    loss: Math.round(1e4 * lossOfCause(explanation, cause)) / 1e4,
    evidence: evidenceOf(explanation, cause),
  };
  switch (subject.kind) {
    case "zone-pair":
      return { kind: "zone-pair", zones: sorted(zones, [subject.a, subject.b]), ...base };
    case "link":
      return { kind: "link", nodes: sorted(nodes, [subject.a, subject.b]), ...base };
    case "mesh":
      return { kind: "node", nodes: [...nodes].sort(), ...base };
    default:
      return { kind: subject.kind, nodes: sorted(nodes, [subject.node]), ...base };
  }
}

function sorted(names: readonly string[], indexes: readonly number[]): string[] {
  return indexes.map((index) => names[index] ?? "").sort();
}

function measuringSources(seen: Observations): number {
  return seen.nodes.filter((_, node) => (seen.rowStart[node] ?? 0) < (seen.rowStart[node + 1] ?? 0))
    .length;
}

/** By bisection, for a link whose pairs sent what the pairs of the mesh sent in the median. */
function smallestLoss(seen: Observations, noise: number): number | undefined {
  const sent = seen.sent.slice().sort()[seen.sent.length >> 1];
  if (sent === undefined) return undefined;
  const all = seen.sent.reduce((sum, probes) => sum + probes, 0);
  const gain = (loss: number) => {
    const lost = Math.floor(loss * sent);
    // So faint a link is at first taken for a part of the noise.
    const level = Math.min(highestNoise, noise + 2 * lost / all);
    return 2 * (new SharedLoss(loss).of(lost, sent) - unexplained(lost, sent, level)) -
      linkPenalty(seen, false);
  };
  let [low, high] = [smallestFault, 1];
  if (gain(high) <= 0) return undefined;
  if (gain(low) > 0) return low;
  for (let step = 0; step < 30; step++) {
    const middle = (low + high) / 2;
    if (gain(middle) > 0) high = middle;
    else low = middle;
  }
  return high;
}
