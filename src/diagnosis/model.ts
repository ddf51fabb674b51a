/** The model of faults: what hypotheses explain together, and the loss at which one fits best. @module */

import type { Backgrounds } from "./background.ts";
import {
  highest,
  highestLoss,
  Influence,
  likelihoodOf,
  lossAt,
  roughLogits,
  smallestFault,
  touchesOf,
  usualReach,
} from "./likelihood.ts";
import type { Outcome, Point, Reach, Touches } from "./likelihood.ts";
import type { Hypothesis, Observations } from "./observations.ts";

/** A hypothesis that is accepted, with the part of the probes that it loses. */
export interface Cause {
  /** What is to blame. */
  readonly hypothesis: Hypothesis;
  /** Share of probes it takes, 0 to 1. */
  readonly loss: number;
}

/**
 * Nobody reads more, and the search takes longer with each: one agent that says whatever it likes must
 * not hold it up for hours. The heaviest are found first.
 */
export const maxCauses = 200;

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
  /** The excess of the pairs from each node. */
  readonly rows: ExcessSums;
  /** The excess of the pairs to each node. */
  readonly columns: ExcessSums;
  readonly #influences: Influence[] = [];
  /** By outcome: log-likelihood under the cause that suits it best. */
  readonly #shared: Float64Array;
  #causes: readonly Cause[] = [];
  /** Log-likelihood of all pairs, above what it is without any cause. */
  #gained = 0;

  /** Starts with no cause: all loss is background. */
  constructor(seen: Observations, backgrounds: Backgrounds) {
    this.seen = seen;
    this.backgrounds = backgrounds;
    const untouched = backgrounds.ofClass.map((background) => new Influence(background));
    const influenceOf = ({ isAcross }: Outcome) => untouched[isAcross ? 1 : 0] as Influence;
    const { source, destination, nodes, outcomeOf, outcomes } = seen;
    this.#shared = Float64Array.from(outcomes, (one) => sharedAtBest(influenceOf(one), one));
    this.rows = new ExcessSums(nodes.length);
    this.columns = new ExcessSums(nodes.length);
    this.current = new Float64Array(source.length);
    this.excess = new Float64Array(source.length);
    for (let pair = 0; pair < source.length; pair++) {
      const outcome = outcomes[outcomeOf[pair] ?? 0] as Outcome;
      const influence = influenceOf(outcome);
      this.#influences.push(influence);
      const current = influence.likelihood(outcome);
      this.current[pair] = current;
      const excess = this.#excessOf(outcome, current);
      this.excess[pair] = excess;
      this.rows.add(source[pair] ?? 0, excess, 1);
      this.columns.add(destination[pair] ?? 0, excess, 1);
    }
  }

  /** The causes so far, in the order they were added. */
  get causes(): readonly Cause[] {
    return this.#causes;
  }

  /** The causes that reach the pair. Pairs that are alike in this have the same object. */
  readonly influence = (pair: number): Influence | undefined => this.#influences[pair];

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
    this.#change(cause, (influence) => influence.with(cause));
  }

  /** Drops the cause. */
  remove(cause: Cause): void {
    this.#causes = this.#causes.filter((one) => one !== cause);
    this.#change(cause, (influence) => influence.without(cause));
  }

  /** Goes to exactly these causes. */
  restore(causes: readonly Cause[]): void {
    for (const cause of this.#causes) if (!causes.includes(cause)) this.remove(cause);
    for (const cause of causes) if (!this.#causes.includes(cause)) this.add(cause);
  }

  #change({ hypothesis: { pairs } }: Cause, change: (influence: Influence) => Influence): void {
    const { outcomeOf, outcomes } = this.seen;
    let before: Influence | undefined;
    let after: Influence | undefined;
    for (let index = 0; index < pairs.length; index++) {
      const pair = pairs[index] ?? 0;
      const own = this.#influences[pair];
      if (own === undefined) continue;
      if (own !== before || after === undefined) [before, after] = [own, change(own)];
      this.#influences[pair] = after;
      const outcome = outcomes[outcomeOf[pair] ?? 0] as Outcome;
      const likelihood = after.likelihood(outcome);
      this.#gained += likelihood - (this.current[pair] ?? 0);
      this.current[pair] = likelihood;
      this.#setExcess(pair, this.#excessOf(outcome, likelihood));
    }
  }

  #excessOf({ number }: Outcome, current: number): number {
    return Math.max(usualReach.sparedNats, (this.#shared[number] ?? 0) - current);
  }

  #setExcess(pair: number, excess: number): void {
    const before = this.excess[pair] ?? 0;
    if (excess === before) return;
    this.excess[pair] = excess;
    const { source, destination } = this.seen;
    const [from, to] = [source[pair] ?? 0, destination[pair] ?? 0];
    this.rows.add(from, before, -1);
    this.rows.add(from, excess, 1);
    this.columns.add(to, before, -1);
    this.columns.add(to, excess, 1);
  }
}

/** Sums of the excess of pairs, by node. */
export class ExcessSums {
  readonly #nats: Float64Array;
  readonly #spared: Int32Array;

  /** Of so many nodes, all without pairs. */
  constructor(nodes: number) {
    this.#nats = new Float64Array(nodes);
    this.#spared = new Int32Array(nodes);
  }

  /** Adds a pair's excess so many times. */
  add(node: number, excess: number, times: 1 | -1): void {
    this.#nats[node] = (this.#nats[node] ?? 0) + times * excess;
    if (isSpared(excess)) this.#spared[node] = (this.#spared[node] ?? 0) + times;
  }

  /** The sum of a node. */
  nats(node: number): number {
    return this.#nats[node] ?? 0;
  }

  /** How many of its pairs would at any loss rather be spared. */
  spared(node: number): number {
    return this.#spared[node] ?? 0;
  }
}

/** Whether a pair of this excess is best taken for spared, whatever a cause takes. */
export function isSpared(excess: number): boolean {
  return excess <= usualReach.sparedNats;
}

/** Log-likelihood under a cause that takes just what the pair lost beside the background. */
function sharedAtBest(influence: Influence, { lost, sent }: Outcome): number {
  const loss = 1 - (1 - lost / sent) / (1 - influence.background.level);
  const bounded = Math.min(highestLoss, Math.max(smallestFault, loss));
  return likelihoodOf(touchesOf(influence, usualReach, bounded), lost, sent);
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

/** How much higher than a parabola's a top may be, as a part of how much that bends. */
const topSlack = 0.03;

/** Steps from the best of the losses that are tried first to the best of all. */
const fineSteps = 5;

/** Pairs that are all equal: they sent and lost the same under the same causes. */
interface EqualPairs {
  readonly outcome: Outcome;
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

/**
 * Fits the hypothesis beside the causes of the explanation, but for the one that is left out, if
 * any. Where it is not going to gain so much as `minGain` nats, the rest is not looked at.
 */
export function fit(
  explanation: Explanation,
  hypothesis: Hypothesis,
  { minGain = -Infinity, without }: { readonly minGain?: number; readonly without?: Cause } = {},
): Fit {
  const { reach, penalty } = hypothesis;
  const groups = groupPairs(explanation, hypothesis, without);
  const { bracket, mayAgree } = tryRoughly(groups, reach);
  if (!mayAgree || maxBetween(bracket) - penalty <= minGain) {
    return { hypothesis, loss: lossAt(bracket[1].at), gain: -Infinity };
  }
  const gainAt = (at: number) => gainOf(groups, reach, lossAt(at));
  const { at, value } = highest(gainAt, bracket, fineSteps);
  const loss = lossAt(at);
  const agrees = mostAgree(groups, reach, loss);
  return { hypothesis, loss, gain: agrees ? value - penalty : -Infinity };
}

/** The best of the losses that are tried first, between its neighbours; and whether most pairs may agree to one of these. */
function tryRoughly(
  groups: readonly Group[],
  reach: Reach,
): { readonly bracket: [low: Point, middle: Point, high: Point]; readonly mayAgree: boolean } {
  const { gains, balance } = reach === usualReach ? usualGains(groups) : {
    gains: roughLogits.map((at) => gainOf(groups, reach, lossAt(at))),
    balance: undefined,
  };
  const best = gains.indexOf(Math.max(...gains));
  const steps = [best - 1, best, best + 1];
  const [low, middle, high] = steps.map((step): Point => {
    const bounded = Math.min(gains.length - 1, Math.max(0, step));
    // A cause that loses nothing gains nothing.
    return { at: roughLogits[bounded] ?? 0, value: step < 0 ? 0 : gains[bounded] ?? 0 };
  }) as [Point, Point, Point];
  const mayAgree = balance === undefined || steps.some((step) => (balance[step] ?? 0) > 0);
  return { bracket: [low, middle, high], mayAgree };
}

/** By loss: the gain; and how many more pairs are rather touched than are spared. */
function usualGains(
  groups: readonly Group[],
): { readonly gains: readonly number[]; readonly balance: readonly number[] } {
  const gains = roughLogits.map(() => 0);
  const balance = roughLogits.map(() => 0);
  for (const { influence, equal } of groups) {
    for (const { outcome, count } of equal) {
      const own = influence.gainsRoughly(outcome);
      for (let step = 0; step < gains.length; step++) {
        const gain = own[step] ?? 0;
        gains[step] = (gains[step] ?? 0) + count * gain;
        balance[step] = (balance[step] ?? 0) + (gain > usualReach.sparedNats ? count : -count);
      }
    }
  }
  return { gains, balance };
}

/** About the most between the points, rather more than less: a parabola's top, and some more where it bends. */
function maxBetween([low, middle, high]: readonly [Point, Point, Point]): number {
  const bend = 2 * middle.value - low.value - high.value;
  if (!(bend > 0) || low.value > middle.value) return middle.value + 1;
  return middle.value + (high.value - low.value) ** 2 / (8 * bend) + topSlack * bend + 1;
}

/** By pair: what it would gain in log-likelihood if a cause that takes so much touched it. */
export function touchedGain(
  explanation: Explanation,
  { reach, loss }: { readonly reach: Reach; readonly loss: number },
): (pair: number) => number {
  const { seen, current } = explanation;
  const known = new Map<Influence, { readonly touches: Touches; readonly gains: number[] }>();
  return (pair) => {
    const influence = explanation.influence(pair);
    if (influence === undefined) return -Infinity;
    let one = known.get(influence);
    if (one === undefined) {
      one = { touches: touchesOf(influence, reach, loss), gains: [] };
      known.set(influence, one);
    }
    return one.gains[seen.outcomeOf[pair] ?? 0] ??=
      likelihoodOf(one.touches, seen.lost[pair] ?? 0, seen.sent[pair] ?? 0) - (current[pair] ?? 0);
  };
}

/** By pair: whether the cause, which the explanation must not hold, rather touches than spares it. */
export function touchTest(
  explanation: Explanation,
  { hypothesis: { reach }, loss }: Cause,
): (pair: number) => boolean {
  const gain = touchedGain(explanation, { reach, loss });
  return (pair) => gain(pair) >= reach.sparedNats;
}

function groupPairs(
  explanation: Explanation,
  { subject, pairs }: Hypothesis,
  without: Cause | undefined,
): readonly Group[] {
  const { source, outcomeOf, outcomes } = explanation.seen;
  const node = subject.kind === "node" ? subject.node : -1;
  const groups = new Map<
    Influence,
    { readonly influence: Influence; readonly equal: PairCounts }
  >();
  for (let index = 0; index < pairs.length; index++) {
    const pair = pairs[index] ?? 0;
    const own = explanation.influence(pair);
    if (own === undefined) continue;
    let group = groups.get(own);
    if (group === undefined) {
      const influence = without ? own.without(without) : own;
      groups.set(own, group = { influence, equal: new Map<number, EqualPairs>() });
    }
    const { influence, equal } = group;
    const number = outcomeOf[pair] ?? 0;
    const isRow = source[pair] === node;
    const key = 2 * number + (isRow ? 1 : 0);
    const same = equal.get(key);
    if (same) same.count++;
    else {
      const outcome = outcomes[number] as Outcome;
      const current = influence.likelihood(outcome);
      equal.set(key, { outcome, current, side: isRow ? "row" : "column", count: 1 });
    }
  }
  return Array.from(
    groups.values(),
    ({ influence, equal }) => ({ influence, equal: [...equal.values()] }),
  );
}

type PairCounts = Map<number, EqualPairs>;

/** The gain in log-likelihood when the cause takes so much. */
function gainOf(groups: readonly Group[], reach: Reach, loss: number): number {
  let gain = 0;
  for (const { influence, equal } of groups) {
    const touches = touchesOf(influence, reach, loss);
    for (const { outcome: { lost, sent }, current, count } of equal) {
      gain += count * Math.max(reach.sparedNats, likelihoodOf(touches, lost, sent) - current);
    }
  }
  return gain;
}

/**
 * Whether more than half of the pairs are rather touched than spared; of a node, more than half of
 * those from it and more than half of those to it, where there are any. A path touches a part.
 */
function mostAgree(groups: readonly Group[], reach: Reach, loss: number): boolean {
  if (reach !== usualReach) return true;
  const balance = { row: 0, column: 0 };
  const pairs = { row: 0, column: 0 };
  for (const { influence, equal } of groups) {
    const touches = touchesOf(influence, reach, loss);
    for (const { outcome: { lost, sent }, current, side, count } of equal) {
      const agrees = likelihoodOf(touches, lost, sent) >= reach.sparedNats + current;
      balance[side] += agrees ? count : -count;
      pairs[side] += count;
    }
  }
  return (["row", "column"] as const).every((side) => pairs[side] === 0 || balance[side] > 0);
}
