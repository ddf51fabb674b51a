/** What is at fault, by nodeping's own diagnosis of the counts and nothing else. @module */

import { diagnose } from "../../src/diagnosis/diagnose.ts";
import { adviceOf } from "../../src/diagnosis/report.ts";
import type { Verdict } from "../../src/diagnosis/report.ts";
import type { Mesh } from "../../src/mesh/mesh.ts";
import type { Reading } from "./readings.ts";

/** The verdicts of {@linkcode diagnose} on the counts of the pairs. */
export function verdictsOf(counts: Reading): readonly Verdict[] {
  return diagnose(meshOf(counts)).report.verdicts;
}

/** The one verdict, where there is one alone and it is a link. */
export function linkOf(verdicts: readonly Verdict[]): readonly string[] | undefined {
  const [verdict, another] = verdicts;
  return verdict?.kind === "link" && another === undefined ? verdict.nodes : undefined;
}

/** The verdicts in words, with evidence and next step. */
export function sayVerdicts(verdicts: readonly Verdict[]): readonly string[] {
  if (verdicts.length === 0) return ["nothing is at fault."];
  return verdicts.flatMap((verdict) => {
    const who = verdict.kind === "zone-pair" ? verdict.zones : verdict.nodes;
    const what = verdict.kind === "link" ? `link between` : verdict.kind;
    return [
      `the ${what} ${who.join(" and ")} is at fault.`,
      `${verdict.evidence}.`,
      `Next: ${adviceOf(verdict)}.`,
    ];
  });
}

function meshOf(counts: Reading): Mesh {
  const pairs = [...counts.values()];
  const names = [...new Set(pairs.map(({ source }) => source))].sort();
  return {
    nodes: names.map((name) => ({ name })),
    sources: names.map((name) => ({ name, silent: false })),
    pairs: pairs.map((pair) => ({ ...pair, address: pair.destination })),
    externals: [],
  };
}
