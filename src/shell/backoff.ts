/** Waits between tries. @module */

/** Bounds of a {@linkcode Backoff}, in milliseconds. */
export interface BackoffOptions {
  /** Wait after the first failure. */
  readonly firstMs: number;
  /** Wait after the second one; twice the first when it is left out. */
  readonly secondMs?: number;
  /** No wait is longer. */
  readonly longestMs: number;
}

/** A wait that doubles with each failure in a row, up to a bound. */
export class Backoff {
  readonly #options: BackoffOptions;
  #failures = 0;

  /** Starts as if all had been well. */
  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** Milliseconds to wait after one more failure. */
  next(): number {
    const { firstMs, secondMs = firstMs * 2, longestMs } = this.#options;
    const failures = this.#failures++;
    return Math.min(failures === 0 ? firstMs : secondMs * 2 ** (failures - 1), longestMs);
  }

  /** After a success the next wait is the first one again. */
  reset(): void {
    this.#failures = 0;
  }
}
