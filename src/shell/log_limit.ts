/** Keeps a storm of like events from filling the log. @module */

/** Lets a number of events through in each window of time, and counts the others. */
export class LogLimit {
  readonly #count: number;
  readonly #windowMs: number;
  #windowStartMs = -Infinity;
  #passed = 0;
  #held = 0;

  /** Lets `count` lines through in each window of time. */
  constructor(count: number, windowMs: number) {
    this.#count = count;
    this.#windowMs = windowMs;
  }

  /**
   * Undefined when this event is one too many; else how many were held back before it since the
   * last one that passed.
   */
  pass(nowMs: number): number | undefined {
    if (nowMs - this.#windowStartMs >= this.#windowMs) {
      this.#windowStartMs = nowMs;
      this.#passed = 0;
    }
    if (this.#passed >= this.#count) {
      this.#held++;
      return undefined;
    }
    this.#passed++;
    const held = this.#held;
    this.#held = 0;
    return held;
  }
}
