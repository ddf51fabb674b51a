/** Log-likelihoods of "k of n probes lost", without the constant ln C(n, k). @module */

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
