/** The model of faults: what hypotheses explain together, and the loss at which one fits best. @module */

import { binomial, SharedLoss, unexplained } from "./likelihood.ts";
import type { Hypothesis } from "./hypotheses.ts";
import type { Observations } from "./observations.ts";

/** A hypothesis that is accepted, with the part of the probes that it loses. */
export interface Cause {
  /** What is to blame. */
  readonly hypothesis: Hypothesis;
  /** Share of probes it takes, 0 to 1. */
  readonly loss: number;
}

/** A pair within a cause's reach is spared by it with this probability: some always are. */
const sparedPart = 0.02;
/** Cost, in nats, of a cause that spares a pair within its reach. */
export const sparedNats: number = Math.log(sparedPart);
/** Cost, in nats, of a cause that touches a pair within its reach. */
export const touchedNats: number = Math.log1p(-sparedPart);

/** One way in which causes act on a pair. */
export interface Way {
  /** Log-probability of this way. */
  readonly nats: number;
  /** Part of the probes that survives the noise and the causes that touch the pair. */
  readonly survives: number;
  /** Losses under those causes; undefined when none touches the pair, which leaves noise. */
  readonly shared: SharedLoss | undefined;
}

/** The causes within whose reach a pair is, and all their ways. One for all pairs alike. */
export interface Influence {
  /** Every cause that reaches the pair. */
  readonly causes: readonly Cause[];
  /** Every way in which they touch or spare it. */
  readonly ways: readonly Way[];
}

/** All subsets of up to three causes; of more: all of them, all but one, and none. */
export function influenceOf(causes: readonly Cause[], noise: number): Influence {
  const subsets = causes.length > 3
    ? [causes, ...causes.map((one) => causes.filter((other) => other !== one)), []]
    : causes.reduce<readonly (readonly Cause[])[]>(
      (found, cause) => found.flatMap((subset) => [[...subset, cause], subset]),
      [[]],
    );
  return { causes, ways: subsets.map((touching) => wayOf(touching, causes.length, noise)) };
}

function wayOf(touching: readonly Cause[], among: number, noise: number): Way {
  const survives = touching.reduce((part, { loss }) => part * (1 - loss), 1 - noise);
  return {
    nats: touchedNats * touching.length + sparedNats * (among - touching.length),
    survives,
    shared: touching.length === 0 ? undefined : new SharedLoss(1 - survives),
  };
}

/** The smallest loss that is called a fault: below, a cause is no better than noise. */
export const smallestFault = 0.005;

/** Nats for a node being down, beside the losses, where no data came from its agent. */
const noDataNats = 3.9;

/** A node must lose at least this to explain that no data came from it. */
const noDataLoss = 0.5;

/** The causes found so far. Changes in place; {@linkcode Explanation.restore} goes back. */
export class Explanation {
  /** What is explained. */
  readonly seen: Observations;
  /** The level of noise. */
  readonly noise: number;
  /** Per pair: log-likelihood under the causes. */
  readonly current: Float64Array;
  /** Per pair: the most that one more cause could improve it, or must worsen it. */
  readonly excess: Float64Array;
  /** Per pair: log-likelihood without any cause. */
  readonly #unexplained: Float64Array;
  readonly #influences: Influence[];
  #causes: readonly Cause[] = [];
  /** Log-likelihood of all pairs, above what it is without any cause. */
  #gained = 0;

  /** Starts with no cause: all loss is noise, at that share. */
  constructor(seen: Observations, noise: number) {
    this.seen = seen;
    this.noise = noise;
    const { sent, lost } = seen;
    this.#unexplained = sent.map((n, pair) => unexplained(lost[pair] ?? 0, n, noise));
    this.current = this.#unexplained.slice();
    this.excess = this.current.map((_, pair) => this.#excess(pair));
    this.#influences = new Array<Influence>(sent.length).fill(influenceOf([], noise));
  }

  /** The causes so far, in the order they were added. */
  get causes(): readonly Cause[] {
    return this.#causes;
  }

  /** The causes that reach the pair. Pairs that are alike in this have the same object. */
  influence(pair: number): Influence | undefined {
    return this.#influences[pair];
  }

  /** What is to be made as large as possible: gained likelihood less penalties, in nats. */
  score(): number {
    let sum = this.#gained;
    for (const cause of this.#causes) sum += this.bonus(cause) - cause.hypothesis.penalty;
    return sum;
  }

  /** What a cause is worth beside the losses: a dead node explains that no data came from it. */
  bonus({ hypothesis: { subject }, loss }: Cause): number {
    if (subject.kind !== "node" || loss < noDataLoss) return 0;
    return this.seen.noData[subject.node] ? noDataNats : 0;
  }

  /** Accepts the cause: its pairs are expected to lose by it. */
  add(cause: Cause): void {
    this.#causes = [...this.#causes, cause];
    this.#change(cause, (causes) => [...causes, cause]);
  }

  /** Drops the cause. */
  remove(cause: Cause): void {
    this.#causes = this.#causes.filter((one) => one !== cause);
    this.#change(cause, (causes) => causes.filter((one) => one !== cause));
  }

  /** Goes to exactly these causes. */
  restore(causes: readonly Cause[]): void {
    for (const cause of this.#causes) if (!causes.includes(cause)) this.remove(cause);
    for (const cause of causes) if (!this.#causes.includes(cause)) this.add(cause);
  }

  #change({ hypothesis }: Cause, next: (causes: readonly Cause[]) => readonly Cause[]): void {
    const changed = new Map<Influence | undefined, Influence>();
    for (let index = 0; index < hypothesis.pairs.length; index++) {
      const pair = hypothesis.pairs[index] ?? 0;
      const before = this.#influences[pair];
      const after = changed.get(before) ?? influenceOf(next(before?.causes ?? []), this.noise);
      changed.set(before, after);
      this.#influences[pair] = after;
      const likelihood = this.#likelihood(pair, after);
      this.#gained += likelihood - (this.current[pair] ?? 0);
      this.current[pair] = likelihood;
      this.excess[pair] = this.#excess(pair);
    }
  }

  #likelihood(pair: number, { ways }: Influence): number {
    const n = this.seen.sent[pair] ?? 0;
    const k = this.seen.lost[pair] ?? 0;
    let best = -Infinity;
    for (const { nats, shared } of ways) {
      const likelihood = shared ? shared.of(k, n) : this.#unexplained[pair] ?? 0;
      best = Math.max(best, nats + likelihood);
    }
    return best;
  }

  #excess(pair: number): number {
    const n = this.seen.sent[pair] ?? 0;
    const k = this.seen.lost[pair] ?? 0;
    const best = binomial(k, n, Math.max(smallestFault, k / n));
    return Math.max(sparedNats, best - (this.current[pair] ?? 0));
  }
}

/** A hypothesis at its best. */
export interface Fit {
  /** What is to blame. */
  readonly hypothesis: Hypothesis;
  /** Share of probes it takes, 0 to 1, that fits the pairs best. */
  readonly loss: number;
  /** Gain in log-likelihood less the penalty, in nats; -Infinity when most pairs disagree. */
  readonly gain: number;
}

const roughSteps = 14;
const fineSteps = 14;
const highestLoss = 0.9999;

/** Pairs that are all equal: they sent and lost the same under the same causes. */
interface EqualPairs {
  readonly lost: number;
  readonly sent: number;
  readonly influence: Influence | undefined;
  /** Log-likelihood of one under the present causes. */
  readonly current: number;
  /** Of a node, the pairs from it are counted apart from those to it. */
  readonly side: "row" | "column";
  count: number;
}

/** Fits the hypothesis beside the causes of the explanation, which must not hold it. */
export function fit(explanation: Explanation, hypothesis: Hypothesis): Fit {
  const groups = groupEqual(explanation, hypothesis);
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
  return { hypothesis, loss, gain: agrees ? gainAt(at) - hypothesis.penalty : -Infinity };
}

/** Whether a cause that takes so much rather touches the pair than spares it. */
export function isTouched(
  explanation: Explanation,
  pair: number,
  { hypothesis, loss }: { readonly hypothesis: Hypothesis; readonly loss: number },
): boolean {
  const [group] = groupEqual(explanation, { ...hypothesis, pairs: Int32Array.of(pair) });
  const alone = new SharedLoss(1 - (1 - explanation.noise) * (1 - loss));
  return group !== undefined && touched(group, loss, alone) >= sparedNats + group.current;
}

function groupEqual(explanation: Explanation, { subject, pairs }: Hypothesis): EqualPairs[] {
  const { seen } = explanation;
  const groups = new Map<Influence | undefined, Map<number, EqualPairs>>();
  for (let index = 0; index < pairs.length; index++) {
    const pair = pairs[index] ?? 0;
    const sent = seen.sent[pair] ?? 0;
    const lost = seen.lost[pair] ?? 0;
    const isRow = subject.kind === "node" && seen.source[pair] === subject.node;
    const influence = explanation.influence(pair);
    const equal = groups.get(influence) ?? new Map<number, EqualPairs>();
    groups.set(influence, equal);
    const key = (sent * 2 ** 24 + lost) * (isRow ? -1 : 1);
    const group = equal.get(key);
    if (group) group.count++;
    else {
      const current = explanation.current[pair] ?? 0;
      const side = isRow ? "row" : "column";
      equal.set(key, { lost, sent, influence, current, side, count: 1 });
    }
  }
  return [...groups.values()].flatMap((equal) => [...equal.values()]);
}

/** The gain in log-likelihood when the cause takes so much. */
function gainOf(groups: readonly EqualPairs[], noise: number, loss: number): number {
  const alone = new SharedLoss(1 - (1 - noise) * (1 - loss));
  let gain = 0;
  for (const group of groups) {
    gain += group.count * Math.max(sparedNats, touched(group, loss, alone) - group.current);
  }
  return gain;
}

/** Log-likelihood of a pair that the cause touches, the other causes as suits it best. */
function touched({ influence, lost, sent }: EqualPairs, loss: number, alone: SharedLoss): number {
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
function mostAgree(groups: readonly EqualPairs[], noise: number, loss: number): boolean {
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
