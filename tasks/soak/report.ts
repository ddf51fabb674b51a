/** The end of the soak, in words. @module */

import { pairTable, rateSpread } from "./comparison.ts";
import { bounds } from "./expectation.ts";
import { growthBoundMb, memoryTable } from "./memory.ts";
import type { SoakResult } from "./play.ts";

/** Everything that does not agree, one line each; empty after a good soak. */
export function problemsOf({ steps, pairs, memory, restarts }: SoakResult): readonly string[] {
  return [
    ...steps.filter(({ isNamed }) => !isNamed)
      .map(({ beganSeconds, said }) => `At ${beganSeconds.toFixed(0)} s diagnose said: ${said}`),
    ...pairs.filter(({ problems }) => problems.length > 0)
      .map(({ source, destination, problems }) =>
        `${source} > ${destination} does not agree: ${problems.join(", ")}`
      ),
    ...memory.filter(({ isFlat }) => isFlat === false)
      .map(({ node }) => `The memory of ${node}'s agent is not flat`),
    ...restarts.filter(({ restarts, expected }) => restarts !== expected)
      .map(({ node, restarts, expected }) =>
        `${node}'s agent was started again ${restarts} times instead of ${expected}`
      ),
  ];
}

/** The tables of pairs and memory, with the bounds that they were held to. */
export function resultText(result: SoakResult, periodSeconds: number): string {
  const { pairs, memory, restarts, tookSeconds } = result;
  const problems = problemsOf(result);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return `
Counters of every pair that is there in the end, after ${tookSeconds.toFixed(0)} s
${pairTable(pairs)}
  ${pairs.length} pairs, ${sum(pairs.map(({ sent }) => sent))} probes sent, ` +
    `${sum(pairs.map(({ lost }) => lost))} lost; rate ${rateSpread(pairs, periodSeconds)} of ` +
    `${1 / periodSeconds} a second
  sent must be the time watched by the rate, less at most ${bounds.sentShare * 100} %, within ` +
    `${bounds.sentPerStretch} probes a stretch; ${bounds.sentPerListChange} more a change of the list
  lost must be 0 outside the faults, and within ${bounds.lostPerWindow} probes a fault and ` +
    `${bounds.deviations} standard deviations inside

Memory of the agents, in MB; flat is a growth of at most ${growthBoundMb}
${memoryTable(memory)}
  agents started again: ${
      restarts.filter((agent) => agent.restarts > 0)
        .map(({ node, restarts }) => `${node} ${restarts} times`).join(", ") || "none"
    }

${
      problems.length === 0
        ? "Everything agrees with what was done."
        : `${problems.length} disagree:\n${problems.map((line) => `  ${line}\n`).join("")}`
    }
`;
}
