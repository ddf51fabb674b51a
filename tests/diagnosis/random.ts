/** Random numbers from a seed, so that a drawn cluster that fails can be drawn again. @module */

/** Draws; the same seed draws the same. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** In [0, 1): mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  uniform(from: number, to: number): number {
    return from + (to - from) * this.next();
  }

  /** Evenly over the orders of magnitude. */
  logUniform(from: number, to: number): number {
    return Math.exp(this.uniform(Math.log(from), Math.log(to)));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error("Cannot pick from nothing");
    return item;
  }

  /** So many different ones, in a random order. */
  sample<T>(items: readonly T[], count: number): T[] {
    const left = [...items];
    for (let index = 0; index < count; index++) {
      const other = index + this.below(left.length - index);
      [left[index], left[other]] = [left[other] as T, left[index] as T];
    }
    return left.slice(0, count);
  }

  /**
   * How many of n happen. Exact up to a mean of 50 (the gaps between events are geometric), a
   * rounded normal distribution above.
   */
  binomial(n: number, probability: number): number {
    if (probability <= 0) return 0;
    if (probability >= 1) return n;
    if (probability > 0.5) return n - this.binomial(n, 1 - probability);
    const mean = n * probability;
    if (mean > 50) {
      const normal = Math.sqrt(-2 * Math.log(1 - this.next())) *
        Math.cos(2 * Math.PI * this.next());
      const drawn = Math.round(mean + normal * Math.sqrt(mean * (1 - probability)));
      return Math.min(n, Math.max(0, drawn));
    }
    let happened = -1;
    let at = 0;
    do {
      happened++;
      at += 1 + Math.floor(Math.log(1 - this.next()) / Math.log1p(-probability));
    } while (at <= n);
    return happened;
  }
}
