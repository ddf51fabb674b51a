/** What pairs lose without a cause of their own: the levels that they share, estimated from the mesh. @module */

import {
  binomial,
  highest,
  lnGamma,
  logitOf,
  lossAt,
  noiseCeiling,
  SharedLoss,
  unexplained,
} from "./likelihood.ts";
import type { Background, Outcome, Point } from "./likelihood.ts";

/** What is read of the pairs to estimate what they lose in common. */
export interface MeasuredPairs {
  /** Index of the node that probes, by pair. */
  readonly source: Int32Array;
  /** Index of the node that is probed, by pair. */
  readonly destination: Int32Array;
  /** Per pair the index of what it sent and lost in `outcomes`. */
  readonly outcomeOf: Int32Array;
  /** What pairs sent and lost. */
  readonly outcomes: readonly Outcome[];
  /** By pair: 1 where both zones are known and differ, else 0. */
  readonly isAcross: Uint8Array;
  /** Zone of each node; -1 where unknown. */
  readonly zoneOf: Int32Array;
  /** Names of the zones. */
  readonly zones: readonly string[];
}

/** An even loss from here on is a verdict. */
export const evenLossFault = 0.01;

/** The backgrounds of the two classes of pairs: inside one zone, and across zones. */
export interface Backgrounds {
  /** By class; twice the same where zones make no difference. */
  readonly ofClass: readonly [inside: Background, across: Background];
  /** The highest level that its pairs share evenly, 0 to 1; undefined in a quiet mesh. */
  readonly evenLoss: number | undefined;
}

/** The level of a quiet mesh is believed up to this; more, on all pairs, is an even loss. */
export const maxQuietLevel = 0.0025;

/** Costs, in nats: of an even loss as a verdict, of one that blames nobody, of pairs that spread. */
const [evenLossNats, faintLossNats, spreadNats] = [7, 2, 3] as const;

/** Two classes have levels of their own when that gains so many nats, and each has so many pairs. */
const ownLevelNats = 5;
const minClassPairs = 12;

/** So many sources must agree that a loss is everybody's. */
const minEvenSources = 3;

/** Pairs that levels are estimated from: more make them no better. */
const enoughPairs = 400;

/** First parameters of the beta distribution of levels: their coefficients of variation are 0.18 to 0.45. */
const spreads = [undefined, 30, 10, 5] as const;

/** Ranks of the pairs whose losses are tried as the level, before the best is made better. */
const startRanks = [0.1, 0.3, 0.6] as const;

/** How a level is made better: first so far up and down, in logits, then in so many steps. */
const levelStep = 0.4;
const levelSteps = 4;
const mixtureRounds = 4;

/** Of e to more than this, the rest is added as it is. */
const maxExponent = 600;

/** At least a few pairs are at the level, or it would be nobody's. */
const maxFaultyPart = 0.85;

/** ln of the beta function at (1/2, 3/2). */
const lnHalfPi = Math.log(Math.PI / 2);

/** Pairs that sent and lost the same are one item. */
interface Sample {
  readonly sent: Float64Array;
  readonly lost: Float64Array;
  /** Log-likelihood where the pair has a loss of its own. */
  readonly own: Float64Array;
  /** How many pairs an item stands for; a weight, not always whole. */
  readonly count: Float64Array;
}

/** A level that was estimated. */
interface Estimate {
  readonly background: Background;
  readonly isEven: boolean;
}

/**
 * Estimates what the pairs lose in common. Faults only add loss, so the level is that of the pairs
 * that lose least: a mixture of pairs at the level and of pairs with a higher loss of their own.
 * `isCounted` leaves out pairs whose loss is explained.
 */
export function estimateBackgrounds(
  seen: MeasuredPairs,
  isCounted: (pair: number) => boolean = () => true,
): Backgrounds {
  const { inside, across } = pairsByZones(seen, isCounted);
  const mayBeEven = new Set(seen.source).size >= minEvenSources;
  const all = estimate(sampleOf(seen, [[...inside, ...across].flat()], "pair"), mayBeEven);
  const [low, high] = mayBeEven ? estimateClasses(seen, inside, across, all) : [all, all];
  const even = [low, high].filter((one) => one.isEven).map((one) => one.background.level);
  return {
    ofClass: [low.background, high.background],
    evenLoss: even.length === 0 ? undefined : Math.max(...even),
  };
}

/** Pairs, those of each two zones together. */
type PairGroups = readonly (readonly number[])[];

/** The pairs of each two zones; those of unknown zones count as inside one. */
function pairsByZones(
  seen: MeasuredPairs,
  isCounted: (pair: number) => boolean,
): Record<"inside" | "across", PairGroups> {
  const { source, destination, zoneOf, zones, isAcross } = seen;
  const [inside, across] = [new Map<number, number[]>(), new Map<number, number[]>()];
  source.forEach((from, pair) => {
    if (!isCounted(pair)) return;
    const one = zoneOf[from] ?? -1;
    const two = zoneOf[destination[pair] ?? -1] ?? -1;
    const groups = isAcross[pair] ? across : inside;
    const key = Math.min(one, two) * zones.length + Math.max(one, two);
    const group = groups.get(key);
    if (group) group.push(pair);
    else groups.set(key, [pair]);
  });
  return { inside: [...inside.values()], across: [...across.values()] };
}

/**
 * The levels inside and across zones, where they differ. What two zones alone lose is not
 * everybody's: its class then has the level of the other one.
 */
function estimateClasses(
  seen: MeasuredPairs,
  inside: PairGroups,
  across: PairGroups,
  all: Estimate,
): readonly [inside: Estimate, across: Estimate] {
  const found = [estimateClass(seen, inside, all), estimateClass(seen, across, all)] as const;
  const gain = found.reduce((sum, one) => sum + (one?.gain ?? 0), 0);
  if (gain <= ownLevelNats) return [all, all];
  const [own = all, other = all] = found;
  const isTheirs = (one: ClassEstimate | undefined, rest: Estimate) =>
    one !== undefined && one.zonePairs < 2 && one.background.level >= evenLossFault &&
    rest.background.level < one.background.level;
  return [isTheirs(found[0], other) ? other : own, isTheirs(found[1], own) ? own : other];
}

/** The level of a class of pairs. */
interface ClassEstimate extends Estimate {
  /** What a level of its own gains, in nats. */
  readonly gain: number;
  /** How many two zones, or insides of one, show it. */
  readonly zonePairs: number;
}

/** The level of one class, each two zones counting the same; undefined where the class is too small. */
function estimateClass(
  seen: MeasuredPairs,
  groups: PairGroups,
  all: Estimate,
): ClassEstimate | undefined {
  const large = groups.filter((group) => group.length >= minClassPairs / 3);
  if (large.reduce((sum, group) => sum + group.length, 0) < minClassPairs) return undefined;
  const found = estimate(sampleOf(seen, large, "group"), true);
  const sample = sampleOf(seen, [groups.flat()], "pair");
  const gain = scoreOf(sample, found) - scoreOf(sample, all);
  return { ...found, gain, zonePairs: large.length };
}

/** Some of the pairs; each group, or each pair, has the same weight. */
function sampleOf(
  { outcomeOf, outcomes }: MeasuredPairs,
  groups: readonly (readonly number[])[],
  weight: "pair" | "group",
): Sample {
  const found = new Map<number, number>();
  const largest = Math.max(...groups.map((group) => group.length));
  for (const group of groups) {
    const step = Math.max(1, Math.floor(group.length * groups.length / enoughPairs));
    const count = weight === "pair" ? 1 : largest / Math.ceil(group.length / step) / groups.length;
    for (let place = 0; place < group.length; place += step) {
      const outcome = outcomeOf[group[place] ?? 0] ?? 0;
      found.set(outcome, (found.get(outcome) ?? 0) + count);
    }
  }
  const items = Int32Array.from(found.keys());
  const sample = {
    sent: Float64Array.from(items, (outcome) => outcomes[outcome]?.sent ?? 0),
    lost: Float64Array.from(items, (outcome) => outcomes[outcome]?.lost ?? 0),
    count: Float64Array.from(found.values()),
  };
  return { ...sample, own: sample.sent.map((sent, item) => ownLoss(sample.lost[item] ?? 0, sent)) };
}

function totals({ sent, lost, count }: Sample): readonly [sent: number, lost: number] {
  return [weightedSum(sent, count), weightedSum(lost, count)];
}

function weightedSum(values: Float64Array, count: Float64Array): number {
  return values.reduce((sum, value, item) => sum + value * (count[item] ?? 0), 0);
}

/** Log-likelihood of a pair whose loss may be anything, rather small than large. */
function ownLoss(lost: number, sent: number): number {
  return lnGamma(lost + 0.5) + lnGamma(sent - lost + 1.5) - lnGamma(sent + 2) - lnHalfPi;
}

function estimate(sample: Sample, mayBeEven: boolean): Estimate {
  const quiet: Estimate = { background: { level: quietLevel(sample) }, isEven: false };
  const [sent, lost] = totals(sample);
  if (!mayBeEven || lost <= maxQuietLevel * sent) return quiet;
  let best = quiet;
  let bestScore = scoreOf(sample, quiet);
  let before: Background | undefined;
  let scoreBefore = -Infinity;
  for (const first of spreads) {
    const background = evenLevel(sample, first, before);
    const score = scoreOf(sample, { background, isEven: true });
    if (score > bestScore) [best, bestScore] = [{ background, isEven: true }, score];
    if (score < scoreBefore) break;
    [before, scoreBefore] = [background, score];
  }
  return best;
}

/** The level of an even loss that fits best, for one spread of the pairs about it; near the one before, if any. */
function evenLevel(
  sample: Sample,
  first: number | undefined,
  before: Background | undefined,
): Background {
  const backgroundAt = (logit: number): Background => {
    const level = Math.max(maxQuietLevel, lossAt(logit));
    return first === undefined ? { level } : { level, spread: new SharedLoss(level, first) };
  };
  const fitAt = (at: number): Point => ({ at, value: mixture(sample, backgroundAt(at)) });
  const best = (before ? [before.level] : startLevels(sample))
    .map((level) => {
      const bounded = Math.min(0.9998, Math.max(maxQuietLevel, level));
      return fitAt(logitOf(bounded));
    })
    .reduce((one, other) => other.value > one.value ? other : one);
  const low = fitAt(best.at - levelStep);
  const high = fitAt(best.at + levelStep);
  const middle = [low, high].reduce((one, other) => other.value > one.value ? other : one, best);
  const bracket = middle === best
    ? [low, best, high] as const
    : middle === low
    ? [fitAt(low.at - levelStep), low, best] as const
    : [best, high, fitAt(high.at + levelStep)] as const;
  return backgroundAt(highest((at) => fitAt(at).value, bracket, levelSteps).at);
}

/** Losses of some of the pairs, and of all together. */
function startLevels(sample: Sample): readonly number[] {
  const ratios = sample.lost.map((lost, item) => lost / (sample.sent[item] ?? 1)).sort();
  const [sent, lost] = totals(sample);
  return [...startRanks.map((rank) => ratios[Math.floor(rank * ratios.length)] ?? 0), lost / sent];
}

/** Log-likelihood less the costs of saying so, in nats. */
function scoreOf(sample: Sample, { background, isEven }: Estimate): number {
  const { level, spread } = background;
  const evenNats = level < evenLossFault ? faintLossNats : evenLossNats;
  return mixture(sample, background) - (isEven ? evenNats : 0) - (spread ? spreadNats : 0);
}

/** Log-likelihood of the pairs: part of them at the background, the others with higher losses of their own. */
function mixture({ sent, lost, own, count }: Sample, background: Background): number {
  const floor = Math.max(background.level, noiseCeiling);
  const fault = faultLoss({ sent, lost, own, count }, floor);
  let common = 0;
  // How much likelier a loss of its own is than the background; it may be that of a cause which
  // several pairs share.
  const ratios = new Float64Array(sent.length);
  let pairs = 0;
  for (let item = 0; item < sent.length; item++) {
    const [n, k, times] = [sent[item] ?? 0, lost[item] ?? 0, count[item] ?? 0];
    const nats = unexplained(k, n, background);
    common += times * nats;
    pairs += times;
    if (k <= floor * n) continue;
    const high = Math.max(own[item] ?? 0, fault?.of(k, n) ?? -Infinity) - Math.LN2 - nats;
    ratios[item] = Math.exp(Math.min(maxExponent, high));
    common += times * Math.max(0, high - maxExponent);
  }
  let part = 0.2;
  for (let round = 0; round < mixtureRounds; round++) {
    let faulty = 0.5;
    for (let item = 0; item < ratios.length; item++) {
      const weight = part * (ratios[item] ?? 0);
      faulty += (count[item] ?? 0) * weight / (1 - part + weight);
    }
    part = Math.min(maxFaultyPart, faulty / (pairs + 1));
  }
  return ratios.reduce(
    (sum, ratio, item) => sum + (count[item] ?? 0) * Math.log(1 - part + part * ratio),
    common,
  );
}

/** What pairs lose that lose more than the background, taken together. */
function faultLoss({ sent, lost, count }: Sample, floor: number): SharedLoss | undefined {
  let allSent = 0;
  let allLost = 0;
  for (let item = 0; item < sent.length; item++) {
    const [n, k, times] = [sent[item] ?? 0, lost[item] ?? 0, count[item] ?? 0];
    if (k <= 2 * floor * n) continue;
    allSent += times * n;
    allLost += times * k;
  }
  return allSent === 0 ? undefined : new SharedLoss(allLost / allSent);
}

/** The level expected before a probe was seen: 0.2 % of 1,000; and what parts the faulty pairs. */
const [prior, minFault] = [{ lost: 2, sent: 1000 }, 0.01] as const;

/** The loss of the pairs that have no fault, by expectation-maximisation. */
function quietLevel(sample: Sample): number {
  let level = prior.lost / prior.sent;
  for (let round = 0; round < 20; round++) {
    let wellSent = prior.sent;
    let wellLost = prior.lost;
    for (let item = 0; item < sample.sent.length; item++) {
      const [sent, lost] = [sample.sent[item] ?? 0, sample.lost[item] ?? 0];
      const fault = binomial(lost, sent, Math.max(minFault, lost / sent)) -
        0.5 * Math.log1p(sent) - 2;
      const well = 1 / (1 + Math.exp(Math.min(700, fault - binomial(lost, sent, level))));
      const weight = well * (sample.count[item] ?? 0);
      wellSent += weight * sent;
      wellLost += weight * lost;
    }
    const next = Math.min(maxQuietLevel, wellLost / wellSent);
    if (Math.abs(next - level) < 0.01 * level) return next;
    level = next;
  }
  return level;
}
