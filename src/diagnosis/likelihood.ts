/** How likely lost probes are: distributions of losses, and the ways in which causes act on a pair. @module */

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
  /** The first parameter of the beta distribution. */
  readonly first: number;
  readonly #other: number;
  readonly #normal: number;

  /** For a mean share of lost probes, 0 to 1; the greater `first`, the more alike the pairs. */
  constructor(mean: number, first: number = concentration) {
    const bounded = Math.min(mean, 0.9999);
    this.first = first;
    this.#other = first * (1 - bounded) / bounded;
    this.#normal = lnGamma(first + this.#other) - lnGamma(first) - lnGamma(this.#other);
  }

  /** Log-likelihood of the beta-binomial distribution. */
  of(lost: number, sent: number): number {
    const own = this.first === concentration ? lnGammaShared(lost) : lnGamma(lost + this.first);
    return own + lnGamma(sent - lost + this.#other) -
      lnGamma(sent + this.first + this.#other) + this.#normal;
  }
}

/** A place, and the value of a function there. */
export interface Point {
  /** Where. */
  readonly at: number;
  /** What the function is there. */
  readonly value: number;
}

/** Closer than this is the same place. */
const samePlace = 0.02;

/**
 * Where the function is highest, between two points of which neither is higher than the third
 * between them: by parabolas through the last three, in at most so many steps.
 */
export function highest(
  value: (at: number) => number,
  [low, middle, high]: readonly [low: Point, middle: Point, high: Point],
  steps: number,
): Point {
  for (let step = 0; step < steps; step++) {
    const at = topOf(low, middle, high);
    if (Math.abs(at - middle.at) < samePlace) break;
    const found = { at, value: value(at) };
    if (found.value > middle.value) {
      if (at > middle.at) low = middle;
      else high = middle;
      middle = found;
    } else if (at > middle.at) high = found;
    else low = found;
  }
  return middle;
}

/** The top of the parabola through three points; where there is none, a place in the wider part. */
function topOf(low: Point, middle: Point, high: Point): number {
  const left = middle.at - low.at;
  const right = high.at - middle.at;
  const fromLow = middle.value - low.value;
  const fromHigh = middle.value - high.value;
  const top = middle.at + (right ** 2 * fromLow - left ** 2 * fromHigh) /
      (2 * (right * fromLow + left * fromHigh));
  if (top > low.at && top < high.at) return top;
  return middle.at + (right > left ? 0.38 * right : -0.38 * left);
}

/**
 * What survives of the probes of pairs that have a cause in common, each pair its own part: mean of
 * these parts, and of their squares. Of independent causes both are multiplied.
 */
export interface Survival {
  /** Mean, 0 to 1. */
  readonly mean: number;
  /** Mean of the squares. */
  readonly square: number;
}

/** What survives a loss of so much; `first` as in {@linkcode SharedLoss}, Infinity where pairs are just alike. */
export function survivalOf(loss: number, first: number = concentration): Survival {
  const mean = 1 - loss;
  const variance = loss ** 2 * mean / (first + loss);
  return { mean, square: mean ** 2 + variance };
}

/** What survives so many times this, beside that. */
export function survivalOfBoth(one: Survival, other: Survival, times: number): Survival {
  return { mean: one.mean * other.mean ** times, square: one.square * other.square ** times };
}

/** The losses of pairs of which this survives. */
export function sharedLoss({ mean, square }: Survival): SharedLoss {
  const loss = 1 - mean;
  return new SharedLoss(loss, loss ** 2 * mean / (square - mean ** 2) - loss);
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

/** One way in which a cause loses probes of a pair. */
export interface Touch {
  /** Log-probability of it. */
  readonly nats: number;
  /** How often a probe must pass it: twice where request and reply both do. */
  readonly times: number;
}

/** How a cause acts on the pairs within its reach. */
export interface Reach {
  /** The ways in which it touches a pair. */
  readonly touches: readonly Touch[];
  /** Log-probability of sparing a pair. */
  readonly sparedNats: number;
}

/** A cause touches all its pairs, but for a few: one in fifty. */
export const usualReach: Reach = {
  touches: [{ nats: Math.log(0.98), times: 1 }],
  sparedNats: Math.log(0.02),
};

/** The smallest loss that is called a fault: below, a cause is no better than noise. */
export const smallestFault = 0.005;

/** The largest loss that is told from a loss of everything. */
export const highestLoss = 0.9999;

/** Losses at which a cause is tried first, as logits. */
export const roughLogits: readonly number[] = Array.from({ length: 16 }, (_, step) => {
  const [low, high] = [logitOf(smallestFault), logitOf(highestLoss)];
  return low + step * (high - low) / 15;
});

/** The logit of a loss between 0 and 1. */
export function logitOf(loss: number): number {
  return Math.log(loss / (1 - loss));
}

/** The loss of a logit. */
export function lossAt(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** A cause as far as it acts on pairs. */
export interface Acting {
  /** What is to blame, by how it acts. */
  readonly hypothesis: { readonly reach: Reach };
  /** Share of probes it takes, 0 to 1. */
  readonly loss: number;
}

/** One way in which causes act on a pair. */
export interface Way {
  /** Log-probability of this way. */
  readonly nats: number;
  /** Part of the probes that survives the background and the causes that touch the pair. */
  readonly survival: Survival;
  /** Whether any cause touches the pair; if not, it follows the background. */
  readonly isTouched: boolean;
}

/** The causes within whose reach a pair is, and all their ways. One object for all pairs that are equal in this. */
export class Influence {
  /** Every cause that reaches the pair. */
  readonly causes: readonly Acting[];
  /** What the pair loses without them. */
  readonly background: Background;
  /** Every way in which they touch or spare it. */
  readonly ways: readonly Way[];
  readonly #without: Influence | undefined;
  readonly #with = new Map<Acting, Influence>();
  readonly #likelihoods: number[] = [];
  readonly #roughly: Float64Array[] = [];
  #losses: readonly (SharedLoss | undefined)[] | undefined;
  #roughTouches: readonly Touches[] | undefined;

  /** The causes of another one, if any, and one more. */
  constructor(background: Background, without?: Influence, cause?: Acting) {
    this.background = background;
    this.#without = without;
    this.causes = without && cause ? [...without.causes, cause] : [];
    this.ways = waysOf(this.causes, background);
  }

  /** This, and the cause. */
  with(cause: Acting): Influence {
    let found = this.#with.get(cause);
    if (found === undefined) {
      found = new Influence(this.background, this, cause);
      this.#with.set(cause, found);
    }
    return found;
  }

  /** This, but for the cause. */
  without(cause: Acting): Influence {
    if (this.#without === undefined) return this;
    const last = this.causes.at(-1) as Acting;
    return last === cause ? this.#without : this.#without.without(cause).with(last);
  }

  /** Log-likelihood of an outcome. */
  likelihood({ number, lost, sent }: Outcome): number {
    return this.#likelihoods[number] ??= this.#best(lost, sent);
  }

  #best(lost: number, sent: number): number {
    this.#losses ??= this.ways.map(({ isTouched, survival }) =>
      isTouched ? sharedLoss(survival) : undefined
    );
    let best = -Infinity;
    for (let way = 0; way < this.ways.length; way++) {
      const own = this.#losses[way]?.of(lost, sent) ?? unexplained(lost, sent, this.background);
      best = Math.max(best, (this.ways[way]?.nats ?? 0) + own);
    }
    return best;
  }

  /**
   * What the outcome gains if one more cause of the usual reach acts, at each of
   * {@linkcode roughLogits}; it is spared where that suits it better.
   */
  gainsRoughly(outcome: Outcome): Float64Array {
    return this.#roughly[outcome.number] ??= this.#gainsRoughly(outcome);
  }

  #gainsRoughly(outcome: Outcome): Float64Array {
    const { lost, sent } = outcome;
    const { sparedNats } = usualReach;
    this.#roughTouches ??= roughLogits.map((at) => touchesOf(this, usualReach, lossAt(at)));
    const current = this.likelihood(outcome);
    const gains = new Float64Array(roughLogits.length).fill(sparedNats);
    for (let step = 0; step < gains.length; step++) {
      const gain = likelihoodOf(this.#roughTouches[step] ?? [], lost, sent) - current;
      if (gain > sparedNats) gains[step] = gain;
      // Of one way, the likelihood only falls beyond what the pair loses.
      else if (this.ways.length === 1 && lossAt(roughLogits[step] ?? 0) * sent > lost) break;
    }
    return gains;
  }
}

/** What a pair sent and lost. */
export interface Outcome {
  /** The same for pairs that sent and lost the same, inside zones or across them. */
  readonly number: number;
  /** Probes. */
  readonly sent: number;
  /** Of these the lost. */
  readonly lost: number;
  /** Whether the pair is across zones. */
  readonly isAcross: boolean;
}

/** Every combination of up to three causes; of more: all of them, all but one, and none. */
function waysOf(causes: readonly Acting[], { level, spread }: Background): readonly Way[] {
  const none = {
    nats: 0,
    survival: survivalOf(level, spread?.first ?? Infinity),
    isTouched: false,
  };
  if (causes.length <= 3) {
    return causes.reduce<Way[]>((ways, cause) => ways.flatMap((way) => act(way, cause)), [none]);
  }
  const first = (way: Way, cause: Acting) => act(way, cause)[0] ?? way;
  const last = (way: Way, cause: Acting) => act(way, cause).at(-1) ?? way;
  const butOne = causes.map((one) =>
    causes.reduce<Way>((way, cause) => cause === one ? last(way, cause) : first(way, cause), none)
  );
  return [causes.reduce<Way>(first, none), ...butOne, causes.reduce<Way>(last, none)];
}

/** The ways in which one more cause acts: it touches, spared last. */
function act(way: Way, { hypothesis: { reach }, loss }: Acting): Way[] {
  const survival = survivalOf(loss);
  return [
    ...reach.touches.map(({ nats, times }) => ({
      nats: way.nats + nats,
      survival: survivalOfBoth(way.survival, survival, times),
      isTouched: true,
    })),
    { ...way, nats: way.nats + reach.sparedNats },
  ];
}

/** One way in which one more cause may touch a pair. */
export interface TouchedWay {
  /** Log-probability of this way. */
  readonly nats: number;
  /** What pairs then lose. */
  readonly shared: SharedLoss;
  /** Part of the probes that survives all but this cause. */
  readonly rest: number;
}

/** All of these ways. */
export type Touches = readonly TouchedWay[];

/** The ways in which a cause that takes so much may touch a pair, beside those that it already has. */
export function touchesOf({ ways }: Influence, { touches }: Reach, loss: number): Touches {
  const survival = survivalOf(loss);
  return ways.flatMap((way) =>
    touches.map(({ nats, times }) => ({
      nats: way.nats + nats,
      shared: sharedLoss(survivalOfBoth(way.survival, survival, times)),
      rest: way.survival.mean,
    }))
  );
}

/** Log-likelihood of what a pair lost, the way that suits it best. */
export function likelihoodOf(touches: Touches, lost: number, sent: number): number {
  let best = -Infinity;
  for (const { nats, shared } of touches) best = Math.max(best, nats + shared.of(lost, sent));
  return best;
}

/** The part of the probes that survives all but the cause, in the way that suits the pair best. */
export function restOf(touches: Touches, lost: number, sent: number): number {
  let [best, max] = [1, -Infinity];
  for (const { nats, shared, rest } of touches) {
    const likelihood = nats + shared.of(lost, sent);
    if (likelihood > max) [best, max] = [rest, likelihood];
  }
  return best;
}
