/** Distributions of lost probes: of pairs that share a cause, and of all others, with what these lose in common. @module */

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
 * Concentration of the losses of pairs that share a cause: they are spread as a beta distribution
 * whose first parameter is this, which for small losses is a coefficient of variation of a third.
 */
const concentration = 10;

const knownShared: number[] = [];

/** ln Γ(lost + concentration), which is asked for again and again. */
function lnGammaShared(lost: number): number {
  return knownShared[lost] ??= lnGamma(lost + concentration);
}

/** Losses of pairs that have something in common: about `mean`, each its own. */
export class SharedLoss {
  readonly #mean: number;
  readonly #first: number;
  readonly #other: number;
  readonly #normal: number;

  /** For a mean share of lost probes, 0 to 1; the greater `first`, the more alike the pairs. */
  constructor(mean: number, first: number = concentration) {
    this.#mean = Math.min(mean, 0.9999);
    this.#first = first;
    this.#other = first * (1 - this.#mean) / this.#mean;
    this.#normal = lnGamma(first + this.#other) - lnGamma(first) - lnGamma(this.#other);
  }

  /** Log-likelihood of the beta-binomial distribution. */
  of(lost: number, sent: number): number {
    const own = this.#first === concentration ? lnGammaShared(lost) : lnGamma(lost + this.#first);
    return own + lnGamma(sent - lost + this.#other) -
      lnGamma(sent + this.#first + this.#other) + this.#normal;
  }
}

/** What pairs lose without a cause of their own. */
export interface Background {
  /** Part of the probes, 0 to 1, that pairs lose in common. */
  readonly level: number;
  /** How the pairs spread about the level; undefined where all are just at it. */
  readonly spread?: SharedLoss;
}

/** No pair is blamed for a loss up to this, whatever the rest of the mesh does. */
export const noiseCeiling = 0.002;

/** What it costs a pair, in nats, to be noisier than the mesh, up to the ceiling. */
const unevenNoiseNats = 3;

/** Log-likelihood of a pair without a cause. */
export function unexplained(lost: number, sent: number, { level, spread }: Background): number {
  const ceiling = Math.max(noiseCeiling, 1.5 * level);
  const own = Math.min(ceiling, lost / sent);
  const common = spread ? spread.of(lost, sent) : binomial(lost, sent, level);
  return own <= level ? common : Math.max(common, binomial(lost, sent, own) - unevenNoiseNats);
}

/** Where the function is highest between two points, by so many steps of golden section. */
export function highest(
  value: (at: number) => number,
  from: number,
  to: number,
  steps: number,
): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let left = to - ratio * (to - from);
  let right = from + ratio * (to - from);
  let leftValue = value(left);
  let rightValue = value(right);
  for (let step = 0; step < steps; step++) {
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

/** What is read of the pairs to estimate what they lose in common. */
export interface MeasuredPairs {
  /** Index of the node that probes, by pair. */
  readonly source: Int32Array;
  /** Index of the node that is probed, by pair. */
  readonly destination: Int32Array;
  /** Probes, by pair. */
  readonly sent: Float64Array;
  /** Of these the lost, by pair. */
  readonly lost: Float64Array;
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
  /** The class of each pair: 1 where both zones are known and differ, else 0. */
  readonly classOf: Uint8Array;
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

/** First parameters of the beta distribution of levels: their coefficients of variation are 0.1 to 0.5. */
const spreads = [undefined, 30, 10, 5] as const;

/** Ranks of the pairs whose losses are tried as the level, before the best is made better. */
const startRanks = [0.1, 0.3, 0.6] as const;
const levelSteps = 6;
const mixtureRounds = 4;

/** At least a few pairs are at the level, or it would be nobody's. */
const maxFaultyPart = 0.85;

/** ln of the beta function at (1/2, 3/2). */
const lnHalfPi = Math.log(Math.PI / 2);

/** Pairs that sent and lost the same. */
interface EqualPairs {
  readonly sent: number;
  readonly lost: number;
  /** Log-likelihood where the pair has a loss of its own. */
  readonly own: number;
  count: number;
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
  const { inside, across, classOf } = pairsByZones(seen, isCounted);
  const mayBeEven = new Set(seen.source).size >= minEvenSources;
  const all = estimate(sampleOf(seen, [[...inside, ...across].flat()], "pair"), mayBeEven);
  const own = mayBeEven ? estimateClass(seen, inside, all) : undefined;
  const other = mayBeEven ? estimateClass(seen, across, all) : undefined;
  const isApart = (own?.gain ?? 0) + (other?.gain ?? 0) > ownLevelNats;
  const [low, high] = isApart ? [own ?? all, other ?? all] : [all, all];
  const even = [low, high].filter((one) => one.isEven).map((one) => one.background.level);
  return {
    ofClass: [low.background, high.background],
    classOf,
    evenLoss: even.length === 0 ? undefined : Math.max(...even),
  };
}

/** The pairs of each two zones; those of unknown zones count as inside one. */
function pairsByZones(
  seen: MeasuredPairs,
  isCounted: (pair: number) => boolean,
): Record<"inside" | "across", readonly (readonly number[])[]> & Pick<Backgrounds, "classOf"> {
  const { source, destination, zoneOf, zones } = seen;
  const classOf = new Uint8Array(source.length);
  const [inside, across] = [new Map<number, number[]>(), new Map<number, number[]>()];
  source.forEach((from, pair) => {
    const one = zoneOf[from] ?? -1;
    const two = zoneOf[destination[pair] ?? -1] ?? -1;
    const isAcross = one >= 0 && two >= 0 && one !== two;
    classOf[pair] = isAcross ? 1 : 0;
    if (!isCounted(pair)) return;
    const groups = isAcross ? across : inside;
    const key = Math.min(one, two) * zones.length + Math.max(one, two);
    const group = groups.get(key);
    if (group) group.push(pair);
    else groups.set(key, [pair]);
  });
  return { inside: [...inside.values()], across: [...across.values()], classOf };
}

/**
 * The level of one class, each two zones counting the same: a loss between two zones alone is not
 * everybody's. Undefined where the class is too small, or where it is such a loss.
 */
function estimateClass(
  seen: MeasuredPairs,
  groups: readonly (readonly number[])[],
  all: Estimate,
): (Estimate & { readonly gain: number }) | undefined {
  const large = groups.filter((group) => group.length >= minClassPairs / 3);
  if (large.reduce((sum, group) => sum + group.length, 0) < minClassPairs) return undefined;
  const found = estimate(sampleOf(seen, large, "group"), true);
  if (large.length < 2 && found.background.level >= evenLossFault) return undefined;
  const sample = sampleOf(seen, [groups.flat()], "pair");
  return { ...found, gain: scoreOf(sample, found) - scoreOf(sample, all) };
}

/** Some of the pairs; each group, or each pair, has the same weight. */
function sampleOf(
  { sent, lost }: MeasuredPairs,
  groups: readonly (readonly number[])[],
  weight: "pair" | "group",
): readonly EqualPairs[] {
  const found = new Map<number, EqualPairs>();
  const largest = Math.max(...groups.map((group) => group.length));
  for (const group of groups) {
    const step = Math.max(1, Math.floor(group.length * groups.length / enoughPairs));
    const count = weight === "pair" ? 1 : largest / Math.ceil(group.length / step) / groups.length;
    for (let place = 0; place < group.length; place += step) {
      const n = sent[group[place] ?? 0] ?? 0;
      const k = lost[group[place] ?? 0] ?? 0;
      const key = n * 2 ** 24 + k;
      const equal = found.get(key);
      if (equal) equal.count += count;
      else found.set(key, { sent: n, lost: k, own: ownLoss(k, n), count });
    }
  }
  return [...found.values()];
}

function totals(sample: readonly EqualPairs[]): readonly [sent: number, lost: number] {
  const sum = (of: (one: EqualPairs) => number) =>
    sample.reduce((total, one) => total + one.count * of(one), 0);
  return [sum((one) => one.sent), sum((one) => one.lost)];
}

/** Log-likelihood of a pair whose loss may be anything, rather small than large. */
function ownLoss(lost: number, sent: number): number {
  return lnGamma(lost + 0.5) + lnGamma(sent - lost + 1.5) - lnGamma(sent + 2) - lnHalfPi;
}

function estimate(sample: readonly EqualPairs[], mayBeEven: boolean): Estimate {
  const quiet: Estimate = { background: { level: quietLevel(sample) }, isEven: false };
  const [sent, lost] = totals(sample);
  if (!mayBeEven || lost <= maxQuietLevel * sent) return quiet;
  let best = quiet;
  let bestScore = scoreOf(sample, quiet);
  for (const first of spreads) {
    const background = evenLevel(sample, first);
    const score = scoreOf(sample, { background, isEven: true });
    if (score > bestScore) [best, bestScore] = [{ background, isEven: true }, score];
  }
  return best;
}

/** The level of an even loss that fits best, for one spread of the pairs about it. */
function evenLevel(sample: readonly EqualPairs[], first: number | undefined): Background {
  const at = (logit: number): Background => {
    const level = Math.max(maxQuietLevel, 1 / (1 + Math.exp(-logit)));
    return first === undefined ? { level } : { level, spread: new SharedLoss(level, first) };
  };
  const ratios = sample.map((one) => one.lost / one.sent).sort((one, two) => one - two);
  const [sent, lost] = totals(sample);
  const starts = [
    ...startRanks.map((rank) => ratios[Math.floor(rank * ratios.length)] ?? 0),
    lost / sent,
  ];
  let best = 0;
  let bestFit = -Infinity;
  for (const start of starts) {
    const level = Math.min(0.9998, Math.max(maxQuietLevel, start));
    const logit = Math.log(level / (1 - level));
    const fit = mixture(sample, at(logit));
    if (fit > bestFit) [best, bestFit] = [logit, fit];
  }
  return at(highest((logit) => mixture(sample, at(logit)), best - 0.7, best + 0.7, levelSteps));
}

/** Log-likelihood less the costs of saying so, in nats. */
function scoreOf(sample: readonly EqualPairs[], { background, isEven }: Estimate): number {
  const { level, spread } = background;
  const evenNats = level < evenLossFault ? faintLossNats : evenLossNats;
  return mixture(sample, background) - (isEven ? evenNats : 0) - (spread ? spreadNats : 0);
}

/** Log-likelihood of the pairs: part of them at the background, the others with higher losses of their own. */
function mixture(sample: readonly EqualPairs[], background: Background): number {
  const floor = Math.max(background.level, noiseCeiling);
  const common = sample.map(({ sent, lost }) => unexplained(lost, sent, background));
  // How much likelier a loss of its own is than the background, in nats.
  const fault = faultLoss(sample, floor);
  const excess = sample.map(({ sent, lost, own }, index) => {
    if (lost <= floor * sent) return -Infinity;
    // A loss of its own, or that of a cause which several pairs share.
    return Math.max(own, fault?.of(lost, sent) ?? -Infinity) - Math.LN2 - (common[index] ?? 0);
  });
  const pairs = sample.reduce((sum, { count }) => sum + count, 0);
  let part = 0.2;
  for (let round = 0; round < mixtureRounds; round++) {
    const odds = Math.log(part / (1 - part));
    const own = sample.reduce(
      (sum, { count }, index) => sum + count / (1 + Math.exp(-odds - (excess[index] ?? 0))),
      0.5,
    );
    part = Math.min(maxFaultyPart, own / (pairs + 1));
  }
  return sample.reduce((sum, { count }, index) => {
    const nats = excess[index] ?? 0;
    const high = Math.max(0, nats);
    const both = high + Math.log((1 - part) * Math.exp(-high) + part * Math.exp(nats - high));
    return sum + count * ((common[index] ?? 0) + both);
  }, 0);
}

/** What pairs lose that lose more than the background, taken together. */
function faultLoss(sample: readonly EqualPairs[], floor: number): SharedLoss | undefined {
  const lossy = sample.filter(({ sent, lost }) => lost > 2 * floor * sent);
  if (lossy.length === 0) return undefined;
  const [sent, lost] = totals(lossy);
  return new SharedLoss(lost / sent);
}

/** The level expected before a probe was seen: 0.2 % of 1,000; and what parts the faulty pairs. */
const [prior, leastFault] = [{ lost: 2, sent: 1000 }, 0.01] as const;

/** The loss of the pairs that have no fault, by expectation-maximisation. */
function quietLevel(sample: readonly EqualPairs[]): number {
  let level = prior.lost / prior.sent;
  for (let round = 0; round < 20; round++) {
    let wellSent = prior.sent;
    let wellLost = prior.lost;
    for (const { sent, lost, count } of sample) {
      const fault = binomial(lost, sent, Math.max(leastFault, lost / sent)) -
        0.5 * Math.log1p(sent) - 2;
      const well = 1 / (1 + Math.exp(Math.min(700, fault - binomial(lost, sent, level))));
      wellSent += well * count * sent;
      wellLost += well * count * lost;
    }
    const next = Math.min(maxQuietLevel, wellLost / wellSent);
    if (Math.abs(next - level) < 0.01 * level) return next;
    level = next;
  }
  return level;
}
