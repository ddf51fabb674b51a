/** The verdicts as text for a person. @module */

import type { Mesh } from "../measurements/mesh.ts";
import { printable } from "../shell/terminal.ts";
import { adviceOf } from "./advice.ts";
import type { Diagnosis } from "./diagnose.ts";
import { percent } from "./percent.ts";
import type { Verdict } from "./verdict.ts";

/** At most so many silent sources are named one by one. */
const namedSources = 10;

/** The whole answer: each verdict with evidence and next step, then what it all rests on. */
export function reportText({ report, smallestLoss }: Diagnosis, mesh: Mesh): string {
  const { verdicts, sources, pairs } = report;
  const rests = `${pairs} pairs, measured by ${sources} of ${mesh.sources.length} nodes`;
  const lines = verdicts.flatMap((verdict) => [
    `${title(verdict)} loses ${percent(verdict.loss)}`,
    `  ${verdict.evidence}.`,
    `  Next: ${adviceOf(verdict)}.`,
    "",
  ]);
  if (verdicts.length > 0) {
    const faults = `${verdicts.length} ${verdicts.length === 1 ? "cause" : "causes"}`;
    lines.push(`${faults} found in ${rests}.`);
  } else if (pairs === 0) {
    lines.push("Nothing can be said: no pair of nodes was measured.");
  } else {
    lines.push(`No fault found in ${rests}.`, visible(smallestLoss));
  }
  return `${[...lines, ...silentLines(mesh)].join("\n")}\n`;
}

function visible(smallestLoss: number | undefined): string {
  return smallestLoss === undefined
    ? "So few probes were seen that not even a cut link would show: look at a longer time."
    : `A link that loses ${percent(smallestLoss)} would have been named; ` +
      "a node, source or destination with less.";
}

function title(verdict: Verdict): string {
  switch (verdict.kind) {
    case "node":
      return verdict.nodes.length > 1 ? "The whole mesh" : `Node ${verdict.nodes[0]}`;
    case "source":
      return `Source ${verdict.nodes[0]} (its own probes only)`;
    case "destination":
      return `Destination ${verdict.nodes[0]} (probes of it only)`;
    case "link":
      return `Link ${verdict.nodes.join(" - ")}`;
    case "zone-pair":
      return verdict.zones[0] === verdict.zones[1]
        ? `Zone ${verdict.zones[0]} inside`
        : `Zone pair ${verdict.zones.join(" - ")}`;
  }
}

function silentLines({ sources }: Mesh): string[] {
  const silent = sources.filter((source) => source.silent);
  if (silent.length === 0) return [];
  const named = silent.slice(0, namedSources)
    .map(({ name, reason }) => `  ${name}: ${printable(reason ?? "no answer")}`);
  const more = silent.length > namedSources ? [`  and ${silent.length - namedSources} more`] : [];
  return ["", `Not heard of ${silent.length} of ${sources.length} sources:`, ...named, ...more];
}
