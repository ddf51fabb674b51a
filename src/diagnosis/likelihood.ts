/** Distributions of lost probes: of healthy pairs, and of those that share a cause. @module */

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

/** Losses of pairs that share a cause: about `mean`, each its own. */
export class SharedLoss {
  readonly #mean: number;
  readonly #other: number;
  readonly #normal: number;

  /** For a mean share of lost probes, 0 to 1. */
  constructor(mean: number) {
    this.#mean = Math.min(mean, 0.9999);
    this.#other = concentration * (1 - this.#mean) / this.#mean;
    this.#normal = lnGamma(concentration + this.#other) - lnGamma(concentration) -
      lnGamma(this.#other);
  }

  /** Log-likelihood of the beta-binomial distribution. */
  of(lost: number, sent: number): number {
    return lnGamma(lost + concentration) + lnGamma(sent - lost + this.#other) -
      lnGamma(sent + concentration + this.#other) + this.#normal;
  }
}

/** No pair is blamed for a loss up to this, whatever the rest of the mesh does. */
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
