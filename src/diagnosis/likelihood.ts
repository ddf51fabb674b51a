/** How well causes fit what was observed. @module */

import { smallestFault, sparedNats, touchedNats } from "./model.ts";
import type { Explanation, Influence, Suspect } from "./model.ts";

/** Coefficients of the Lanczos series of Γ for g = 7, n = 9 (Godfrey). */
const lanczos = [
  0.99999999999980993,
  676.5203681218851,
  -1259.1392167224028,
  771.32342877765313,
  -176.61502916214059,
  12.507343278686905,
  -0.13857109526572012,
  9.9843695780195716e-6,
  1.5056327351493116e-7,
] as const;

/** ln Γ(x) for x > 0, to about 1e-12. */
export function lnGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - lnGamma(1 - x);
  if (x > 12) {
    const inverse = 1 / x;
    const square = inverse * inverse;
    return (x - 0.5) * Math.log(x) - x + 0.9189385332046727 +
      inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)));
  }
  let sum: number = lanczos[0];
  for (let i = 1; i < lanczos.length; i++) sum += (lanczos[i] ?? 0) / (x - 1 + i);
  const t = x + 6.5;
  return 0.9189385332046727 + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

/** Every probe is lost with the same probability. */
export function binomial(lost: number, sent: number, loss: number): number {
  const received = sent - lost;
  return (lost > 0 ? lost * Math.log(loss) : 0) +
    (received > 0 ? received * Math.log1p(-loss) : 0);
}

/**
 * How much alike the pairs of one cause are: their losses are spread as a beta distribution whose
 * first parameter is this, which for small losses is a coefficient of variation of a third.
 */
const alikeness = 10;

/** Losses of pairs that share a cause: about `mean`, each its own. */
export class SharedLoss {
  readonly #mean: number;
  readonly #other: number;
  readonly #normal: number;

  /** For a mean share of lost probes, 0 to 1. */
  constructor(mean: number) {
    this.#mean = Math.min(mean, 0.9999);
    this.#other = alikeness * (1 - this.#mean) / this.#mean;
    this.#normal = lnGamma(alikeness + this.#other) - lnGamma(alikeness) - lnGamma(this.#other);
  }

  /** Log-likelihood of the beta-binomial distribution. */
  of(lost: number, sent: number): number {
    return lnGamma(lost + alikeness) + lnGamma(sent - lost + this.#other) -
      lnGamma(sent + alikeness + this.#other) + this.#normal;
  }
}

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

/** No pair is suspected for a loss up to this, whatever the rest of the mesh does. */
export const noiseCeiling = 0.002;

/** The noise level is believed up to this; when most pairs lose more, that is a fault. */
export const highestNoise = 0.0025;

/** The level expected before a probe was seen, worth so many probes: 0.2 % of 1,000. */
const prior = { lost: 2, sent: 1000 };

/** What it costs a pair, in nats, to be noisier than the mesh, up to the ceiling. */
const unevenNoiseNats = 3;

/** At least this part of the probes is lost where a fault is; only to part the pairs in two. */
const leastFault = 0.01;

/** Pairs that the level is estimated from: more make it no better. */
const enoughPairs = 50_000;

/**
 * The loss of the pairs that have no fault, by expectation-maximisation of a mixture of two: pairs
 * at the common level, and pairs with losses of their own.
 */
export function noiseLevel(sent: Float64Array, lost: Float64Array): number {
  const step = Math.max(1, Math.floor(sent.length / enoughPairs));
  let level = prior.lost / prior.sent;
  for (let round = 0; round < 20; round++) {
    let wellSent = prior.sent;
    let wellLost = prior.lost;
    for (let pair = 0; pair < sent.length; pair += step) {
      const n = sent[pair] ?? 0;
      const k = lost[pair] ?? 0;
      const well = wellProbability(k, n, level);
      wellSent += well * n;
      wellLost += well * k;
    }
    const next = Math.min(highestNoise, wellLost / wellSent);
    if (Math.abs(next - level) < 0.01 * level) return next;
    level = next;
  }
  return level;
}

function wellProbability(lost: number, sent: number, level: number): number {
  const fault = binomial(lost, sent, Math.max(leastFault, lost / sent)) -
    0.5 * Math.log1p(sent) - 2;
  return 1 / (1 + Math.exp(Math.min(700, fault - binomial(lost, sent, level))));
}

/** Log-likelihood of a pair without a cause, at the given level of noise. */
export function unexplained(lost: number, sent: number, level: number): number {
  const ceiling = Math.max(noiseCeiling, 1.5 * level);
  const own = Math.min(ceiling, lost / sent);
  const common = binomial(lost, sent, level);
  return own <= level ? common : Math.max(common, binomial(lost, sent, own) - unevenNoiseNats);
}
