/** How much a suspect would explain, at the loss that suits it best. @module */

import type { Suspect } from "./candidates.ts";
import { type Explanation, smallestFault } from "./explanation.ts";
import { type Influence, sparedNats, touchedNats } from "./influence.ts";
import { SharedLoss } from "./likelihood.ts";

/** A suspect at its best. */
export interface Fit {
  /** What is blamed. */
  readonly suspect: Suspect;
  /** Share of probes it takes, 0 to 1, that fits the pairs best. */
  readonly loss: number;
  /** Gain in log-likelihood less the penalty, in nats; -Infinity when most pairs disagree. */
  readonly gain: number;
}

const roughSteps = 14;
const fineSteps = 14;
const highestLoss = 0.9999;

/** Pairs that are all alike: they sent and lost the same under the same causes. */
interface AlikePairs {
  readonly lost: number;
  readonly sent: number;
  readonly influence: Influence | undefined;
  /** Log-likelihood of one under the present causes. */
  readonly current: number;
  /** Of a node, the pairs from it are counted apart from those to it. */
  readonly side: "row" | "column";
  count: number;
}

/** Fits the suspect beside the causes of the explanation, which must not hold it. */
export function fit(explanation: Explanation, suspect: Suspect): Fit {
  const groups = groupAlike(explanation, suspect);
  const gainAt = (at: number) => gainOf(groups, explanation.noise, unlogit(at));
  const low = logit(smallestFault);
  const width = (logit(highestLoss) - low) / roughSteps;
  let best = low;
  let bestGain = -Infinity;
  for (let step = 0; step <= roughSteps; step++) {
    const gain = gainAt(low + step * width);
    if (gain > bestGain) [best, bestGain] = [low + step * width, gain];
  }
  const from = Math.max(low, best - width);
  const at = highest(gainAt, from, Math.min(low + roughSteps * width, best + width));
  const loss = unlogit(at);
  const agrees = mostAgree(groups, explanation.noise, loss);
  return { suspect, loss, gain: agrees ? gainAt(at) - suspect.penalty : -Infinity };
}

/** Whether a cause that takes so much rather touches the pair than spares it. */
export function isTouched(
  explanation: Explanation,
  pair: number,
  { suspect, loss }: { readonly suspect: Suspect; readonly loss: number },
): boolean {
  const [group] = groupAlike(explanation, { ...suspect, pairs: Int32Array.of(pair) });
  const alone = new SharedLoss(1 - (1 - explanation.noise) * (1 - loss));
  return group !== undefined && touched(group, loss, alone) >= sparedNats + group.current;
}

function groupAlike(explanation: Explanation, { candidate, pairs }: Suspect): AlikePairs[] {
  const { seen } = explanation;
  const groups = new Map<Influence | undefined, Map<number, AlikePairs>>();
  for (let index = 0; index < pairs.length; index++) {
    const pair = pairs[index] ?? 0;
    const sent = seen.sent[pair] ?? 0;
    const lost = seen.lost[pair] ?? 0;
    const isRow = candidate.kind === "node" && seen.source[pair] === candidate.node;
    const influence = explanation.influence(pair);
    const alike = groups.get(influence) ?? new Map<number, AlikePairs>();
    groups.set(influence, alike);
    const key = (sent * 2 ** 24 + lost) * (isRow ? -1 : 1);
    const group = alike.get(key);
    if (group) group.count++;
    else {
      const current = explanation.current[pair] ?? 0;
      const side = isRow ? "row" : "column";
      alike.set(key, { lost, sent, influence, current, side, count: 1 });
    }
  }
  return [...groups.values()].flatMap((alike) => [...alike.values()]);
}

/** The gain in log-likelihood when the cause takes so much. */
function gainOf(groups: readonly AlikePairs[], noise: number, loss: number): number {
  const alone = new SharedLoss(1 - (1 - noise) * (1 - loss));
  let gain = 0;
  for (const group of groups) {
    gain += group.count * Math.max(sparedNats, touched(group, loss, alone) - group.current);
  }
  return gain;
}

/** Log-likelihood of a pair that the cause touches, the other causes as suits it best. */
function touched({ influence, lost, sent }: AlikePairs, loss: number, alone: SharedLoss): number {
  let best = -Infinity;
  for (const { nats, survives, shared } of influence?.ways ?? []) {
    const together = shared === undefined ? alone : new SharedLoss(1 - survives * (1 - loss));
    best = Math.max(best, nats + touchedNats + together.of(lost, sent));
  }
  return best;
}

/**
 * Whether more than half of the pairs are rather touched than spared; of a node, more than half of
 * those from it and more than half of those to it, where there are any.
 */
function mostAgree(groups: readonly AlikePairs[], noise: number, loss: number): boolean {
  const alone = new SharedLoss(1 - (1 - noise) * (1 - loss));
  const balance = { row: 0, column: 0 };
  const pairs = { row: 0, column: 0 };
  for (const group of groups) {
    const agrees = touched(group, loss, alone) >= sparedNats + group.current;
    balance[group.side] += agrees ? group.count : -group.count;
    pairs[group.side] += group.count;
  }
  return (["row", "column"] as const).every((side) => pairs[side] === 0 || balance[side] > 0);
}

/** Where the function is highest between two points, by golden section. */
function highest(value: (at: number) => number, from: number, to: number): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let left = to - ratio * (to - from);
  let right = from + ratio * (to - from);
  let leftValue = value(left);
  let rightValue = value(right);
  for (let step = 0; step < fineSteps; step++) {
    if (leftValue > rightValue) {
      [to, right, rightValue] = [right, left, leftValue];
      left = to - ratio * (to - from);
      leftValue = value(left);
    } else {
      [from, left, leftValue] = [left, right, rightValue];
      right = from + ratio * (to - from);
      rightValue = value(right);
    }
  }
  return leftValue > rightValue ? left : right;
}

function logit(part: number): number {
  return Math.log(part / (1 - part));
}

function unlogit(at: number): number {
  return 1 / (1 + Math.exp(-at));
}
