/** What diagnose should say of a step, and whether it did. @module */

import type { Verdict } from "../../src/diagnosis/report.ts";
import type { Step } from "./step.ts";

/** Whom a verdict names. */
interface Named {
  readonly kind: string;
  readonly names: readonly string[];
}

/** Verdicts as one line. */
export function sayVerdicts(verdicts: readonly Verdict[]): string {
  if (verdicts.length === 0) return "no fault";
  return verdicts.map((verdict) => {
    const { kind, names } = namedBy(verdict);
    return `${kind} ${names.join(" - ")} (${Math.round(100 * verdict.loss)} %)`;
  }).join(", ");
}

/** Whether the verdicts name what was done, and nothing else. */
export function isNamed(step: Step, verdicts: readonly Verdict[]): boolean {
  const said = verdicts.map(namedBy);
  return rightAnswers(step).some((answer) => JSON.stringify(answer) === JSON.stringify(said));
}

function namedBy(verdict: Verdict): Named {
  const names = verdict.kind === "zone-pair" ? verdict.zones : verdict.nodes;
  return { kind: verdict.kind, names };
}

function rightAnswers(step: Step): readonly (readonly Named[])[] {
  switch (step.kind) {
    case "quiet":
    case "join":
      return [[]];
    case "leave":
      // A node that is gone is a dead one until the agents have the new list.
      return [[], [{ kind: "node", names: [step.node] }]];
    case "die":
    case "isolate":
      return [[{ kind: "node", names: [step.node] }]];
    default:
      return [[{ kind: "link", names: [...step.nodes].sort() }]];
  }
}
