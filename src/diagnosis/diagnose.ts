/** From a mesh of measurements to verdicts. The method is derived in docs/diagnosis.md. @module */

import { highestNoise, SharedLoss, unexplained } from "./likelihood.ts";
import { Explanation, linkPenalty, smallestFault } from "./model.ts";
import type { Cause } from "./model.ts";
import { lossOfCause, observe } from "./observations.ts";
import type { Observations } from "./observations.ts";
import { evidenceOf } from "./report.ts";
import type { Verdict, VerdictReport } from "./report.ts";
import { findCauses } from "./search.ts";
import type { Mesh } from "../mesh/mesh.ts";

/** The verdicts, and how sure a mesh without one can be. */
export interface Diagnosis {
  /** What `--output json` prints. */
  readonly report: VerdictReport;
  /**
   * The smallest loss of one link (of one pair of nodes, both ways) that would have been named,
   * 0 to 1; undefined when even a cut link would not: too few probes.
   */
  readonly smallestLoss: number | undefined;
}

/** Finds the fewest causes that explain the mesh. */
export function diagnose(mesh: Mesh): Diagnosis {
  const seen = observe(mesh);
  const explanation = findCauses(seen);
  const verdicts = explanation.causes.map((cause) => verdictOf(explanation, cause))
    .sort((one, other) => other.loss - one.loss || names(one).localeCompare(names(other)));
  return {
    report: { verdicts, sources: measuringSources(seen), pairs: seen.source.length },
    smallestLoss: smallestLoss(seen, explanation.noise),
  };
}

function verdictOf(explanation: Explanation, cause: Cause): Verdict {
  const { nodes, zones } = explanation.seen;
  const { candidate } = cause.suspect;
  const finding = {
    loss: Math.round(1e4 * lossOfCause(explanation, cause)) / 1e4,
    evidence: evidenceOf(explanation, cause),
  };
  switch (candidate.kind) {
    case "zone-pair":
      return { kind: "zone-pair", zones: sorted(zones, [candidate.a, candidate.b]), ...finding };
    case "link":
      return { kind: "link", nodes: sorted(nodes, [candidate.a, candidate.b]), ...finding };
    case "mesh":
      return { kind: "node", nodes: [...nodes].sort(), ...finding };
    default:
      return { kind: candidate.kind, nodes: sorted(nodes, [candidate.node]), ...finding };
  }
}

function sorted(names: readonly string[], indexes: readonly number[]): string[] {
  return indexes.map((index) => names[index] ?? "").sort();
}

function names(verdict: Verdict): string {
  return verdict.kind === "zone-pair" ? verdict.zones.join() : verdict.nodes.join();
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
