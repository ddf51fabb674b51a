/** The model of faults: what hypotheses explain together, and the loss at which one fits best. @module */

import { highest, SharedLoss, unexplained } from "./likelihood.ts";
import type { Background, Backgrounds } from "./likelihood.ts";
import { usualReach } from "./observations.ts";
import type { Hypothesis, Observations, Reach } from "./observations.ts";

/** A hypothesis that is accepted, with the part of the probes that it loses. */
export interface Cause {
  /** What is to blame. */
  readonly hypothesis: Hypothesis;
  /** Share of probes it takes, 0 to 1. */
  readonly loss: number;
}

/** One way in which causes act on a pair. */
export interface Way {
  /** Log-probability of this way. */
  readonly nats: number;
  /** Part of the probes that survives the background and the causes that touch the pair. */
  readonly survives: number;
  /** Losses under those causes; undefined when none touches the pair, which leaves the background. */
  readonly shared: SharedLoss | undefined;
}

/** The causes within whose reach a pair is, and all their ways. One object for all pairs that are equal in this. */
export interface Influence {
  /** Every cause that reaches the pair. */
  readonly causes: readonly Cause[];
  /** What the pair loses without them. */
  readonly background: Background;
  /** Every way in which they touch or spare it. */
  readonly ways: readonly Way[];
}

/** Every combination of up to three causes; of more: all of them, all but one, and none. */
export function influenceOf(causes: readonly Cause[], background: Background): Influence {
  const none = { nats: 0, survives: 1 - background.level, isTouched: false };
  let ways = [none];
  if (causes.length <= 3) {
    for (const cause of causes) ways = ways.flatMap((way) => act(way, cause));
  } else {
    const first = (way: typeof none, cause: Cause) => act(way, cause)[0] ?? way;
    const last = (way: typeof none, cause: Cause) => act(way, cause).at(-1) ?? way;
    const butOne = causes.map((one) =>
      causes.reduce((way, cause) => cause === one ? last(way, cause) : first(way, cause), none)
    );
    ways = [causes.reduce(first, none), ...butOne, causes.reduce(last, none)];
  }
  return {
    causes,
    background,
    ways: ways.map(({ nats, survives, isTouched }) => ({
      nats,
      survives,
      shared: isTouched ? new SharedLoss(1 - survives) : undefined,
    })),
  };
}

/** The ways in which one more cause acts: it touches, spared last. */
function act<W extends { nats: number; survives: number; isTouched: boolean }>(
  way: W,
  { hypothesis, loss }: Cause,
): W[] {
  return [
    ...hypothesis.reach.touches.map(({ nats, times }) => ({
      ...way,
      nats: way.nats + nats,
      survives: way.survives * (1 - loss) ** times,
      isTouched: true,
    })),
    { ...way, nats: way.nats + hypothesis.reach.sparedNats },
  ];
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
  /** What pairs lose without a cause. */
  readonly backgrounds: Backgrounds;
  /** Per pair: log-likelihood under the causes. */
  readonly current: Float64Array;
  /** Per pair: the most that one more cause could improve it, or must worsen it. */
  readonly excess: Float64Array;
  /** Per pair: the number of what it sent and lost. Equal pairs have the same, and are counted once. */
  readonly outcomeOf: Int32Array;
  readonly #outcomes: readonly Outcome[];
  readonly #influences: Influence[];
  #causes: readonly Cause[] = [];
  /** Log-likelihood of all pairs, above what it is without any cause. */
  #gained = 0;

  /** Starts with no cause: all loss is background. */
  constructor(seen: Observations, backgrounds: Backgrounds) {
    this.seen = seen;
    this.backgrounds = backgrounds;
    const { ofClass, classOf } = backgrounds;
    const untouched = ofClass.map((background) => influenceOf([], background));
    this.#influences = Array.from(classOf, (one) => untouched[one] as Influence);
    const { outcomeOf, outcomes } = countOutcomes(seen, backgrounds);
    this.outcomeOf = outcomeOf;
    this.#outcomes = outcomes;
    this.current = Float64Array.from(outcomeOf, (outcome) => outcomes[outcome]?.unexplained ?? 0);
    this.excess = this.current.map((own, pair) => this.#excess(outcomeOf[pair] ?? 0, own));
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
    const changed = new Map<Influence, { readonly after: Influence; readonly known: number[] }>();
    const { pairs } = hypothesis;
    for (let index = 0; index < pairs.length; index++) {
      const pair = pairs[index] ?? 0;
      const before = this.#influences[pair];
      if (before === undefined) continue;
      let change = changed.get(before);
      if (change === undefined) {
        change = { after: influenceOf(next(before.causes), before.background), known: [] };
        changed.set(before, change);
      }
      const { after, known } = change;
      this.#influences[pair] = after;
      const outcome = this.outcomeOf[pair] ?? 0;
      const likelihood = known[outcome] ??= this.#likelihood(outcome, after);
      this.#gained += likelihood - (this.current[pair] ?? 0);
      this.current[pair] = likelihood;
      this.excess[pair] = this.#excess(outcome, likelihood);
    }
  }

  #likelihood(outcome: number, { ways }: Influence): number {
    const { lost = 0, sent = 0, unexplained = 0 } = this.#outcomes[outcome] ?? {};
    let best = -Infinity;
    for (const { nats, shared } of ways) {
      best = Math.max(best, nats + (shared ? shared.of(lost, sent) : unexplained));
    }
    return best;
  }

  #excess(outcome: number, current: number): number {
    return Math.max(usualReach.sparedNats, (this.#outcomes[outcome]?.shared ?? 0) - current);
  }
}

/** What a pair sent and lost, and its log-likelihoods. */
interface Outcome {
  readonly sent: number;
  readonly lost: number;
  /** Without any cause. */
  readonly unexplained: number;
  /** Under the cause that suits it best. */
  readonly shared: number;
}

function countOutcomes(
  { sent, lost }: Observations,
  { ofClass, classOf }: Backgrounds,
): { readonly outcomeOf: Int32Array; readonly outcomes: readonly Outcome[] } {
  const numbers = new Map<number, number>();
  const outcomes: Outcome[] = [];
  const outcomeOf = new Int32Array(sent.length);
  for (let pair = 0; pair < sent.length; pair++) {
    const n = sent[pair] ?? 0;
    const k = lost[pair] ?? 0;
    const own = classOf[pair] === 1 ? 1 : 0;
    const key = 2 * (n * 2 ** 24 + k) + own;
    let number = numbers.get(key);
    if (number === undefined) {
      numbers.set(key, number = outcomes.length);
      outcomes.push({
        ...{ sent: n, lost: k, unexplained: unexplained(k, n, ofClass[own]) },
        shared: new SharedLoss(Math.max(smallestFault, k / n)).of(k, n),
      });
    }
    outcomeOf[pair] = number;
  }
  return { outcomeOf, outcomes };
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

const roughSteps = 11;
const fineSteps = 9;
const highestLoss = 0.9999;

/** Pairs that are all equal: they sent and lost the same under the same causes. */
interface EqualPairs {
  readonly lost: number;
  readonly sent: number;
  /** Log-likelihood of one under the present causes. */
  readonly current: number;
  /** Of a node, the pairs from it are counted apart from those to it. */
  readonly side: "row" | "column";
  count: number;
}

/** The pairs of a hypothesis under the same causes. */
interface Group {
  readonly influence: Influence;
  readonly equal: readonly EqualPairs[];
}

/** Fits the hypothesis beside the causes of the explanation, which must not hold it. */
export function fit(explanation: Explanation, hypothesis: Hypothesis): Fit {
  const groups = groupPairs(explanation, hypothesis, hypothesis.pairs);
  const gainAt = (at: number) => gainOf(groups, hypothesis.reach, unlogit(at));
  const low = logit(smallestFault);
  const width = (logit(highestLoss) - low) / roughSteps;
  let best = low;
  let bestGain = -Infinity;
  for (let step = 0; step <= roughSteps; step++) {
    const gain = gainAt(low + step * width);
    if (gain > bestGain) [best, bestGain] = [low + step * width, gain];
  }
  const from = Math.max(low, best - width);
  const at = highest(gainAt, from, Math.min(low + roughSteps * width, best + width), fineSteps);
  const loss = unlogit(at);
  const agrees = mostAgree(groups, hypothesis.reach, loss);
  return { hypothesis, loss, gain: agrees ? gainAt(at) - hypothesis.penalty : -Infinity };
}

/** Whether a cause that takes so much rather touches the pair than spares it. */
export function isTouched(
  explanation: Explanation,
  pair: number,
  { hypothesis, loss }: Pick<Fit, "hypothesis" | "loss">,
): boolean {
  const groups = groupPairs(explanation, hypothesis, [pair]);
  return groups.some((group) =>
    touchedWith(group, hypothesis.reach, loss)(group.equal[0] as EqualPairs) >=
      hypothesis.reach.sparedNats + (explanation.current[pair] ?? 0)
  );
}

function groupPairs(
  explanation: Explanation,
  { subject }: Hypothesis,
  pairs: ArrayLike<number>,
): readonly Group[] {
  const { seen } = explanation;
  const groups = new Map<Influence, Map<number, EqualPairs>>();
  for (let index = 0; index < pairs.length; index++) {
    const pair = pairs[index] ?? 0;
    const influence = explanation.influence(pair);
    if (influence === undefined) continue;
    const isRow = subject.kind === "node" && seen.source[pair] === subject.node;
    let equal = groups.get(influence);
    if (equal === undefined) groups.set(influence, equal = new Map<number, EqualPairs>());
    const key = 2 * (explanation.outcomeOf[pair] ?? 0) + (isRow ? 1 : 0);
    const same = equal.get(key);
    if (same) same.count++;
    else {
      const sent = seen.sent[pair] ?? 0;
      const lost = seen.lost[pair] ?? 0;
      const current = explanation.current[pair] ?? 0;
      equal.set(key, { lost, sent, current, side: isRow ? "row" : "column", count: 1 });
    }
  }
  return [...groups].map(([influence, equal]) => ({ influence, equal: [...equal.values()] }));
}

/** The gain in log-likelihood when the cause takes so much. */
function gainOf(groups: readonly Group[], reach: Reach, loss: number): number {
  let gain = 0;
  for (const group of groups) {
    const touched = touchedWith(group, reach, loss);
    for (const pair of group.equal) {
      gain += pair.count * Math.max(reach.sparedNats, touched(pair) - pair.current);
    }
  }
  return gain;
}

/** Log-likelihood of a pair that the cause touches, the other causes as suits it best. */
function touchedWith(
  { influence }: Group,
  reach: Reach,
  loss: number,
): (pair: Pick<EqualPairs, "lost" | "sent">) => number {
  const ways = influence.ways.flatMap(({ nats, survives }) =>
    reach.touches.map((touch) => ({
      nats: nats + touch.nats,
      shared: new SharedLoss(1 - survives * (1 - loss) ** touch.times),
    }))
  );
  return ({ lost, sent }) => {
    let best = -Infinity;
    for (const { nats, shared } of ways) best = Math.max(best, nats + shared.of(lost, sent));
    return best;
  };
}

/**
 * Whether more than half of the pairs are rather touched than spared; of a node, more than half of
 * those from it and more than half of those to it, where there are any. A path touches a part.
 */
function mostAgree(groups: readonly Group[], reach: Reach, loss: number): boolean {
  if (reach !== usualReach) return true;
  const balance = { row: 0, column: 0 };
  const pairs = { row: 0, column: 0 };
  for (const group of groups) {
    const touched = touchedWith(group, reach, loss);
    for (const pair of group.equal) {
      const agrees = touched(pair) >= reach.sparedNats + pair.current;
      balance[pair.side] += agrees ? pair.count : -pair.count;
      pairs[pair.side] += pair.count;
    }
  }
  return (["row", "column"] as const).every((side) => pairs[side] === 0 || balance[side] > 0);
}

function logit(part: number): number {
  return Math.log(part / (1 - part));
}

function unlogit(at: number): number {
  return 1 / (1 + Math.exp(-at));
}
