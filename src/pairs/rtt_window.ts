/** Round-trip times of one pair over a sliding window. @module */

/** Statistics of the round-trip times in a window, in seconds. */
export interface RttStatistics {
  /** Shortest. */
  readonly minSeconds: number;
  /** Longest. */
  readonly maxSeconds: number;
  /** Population standard deviation, as fping's and ping's mdev. */
  readonly stddevSeconds: number;
}

/** fping prints whole microseconds. */
const microsecond = 1e-6;

/**
 * The round-trip times of the last `windowMs`, in a ring that grows as far as the window asks. An entry
 * is two whole numbers: when, in milliseconds modulo 2^32, and how long, in microseconds. They stand
 * side by side, since with 1,000 pairs a probe costs little but the memory that it touches.
 */
export class RttWindow {
  readonly #windowMs: number;
  #entries: Uint32Array;
  #first = 0;
  #count = 0;
  /** Of what is in the window; undefined when it has changed since it was asked for. */
  #statistics: RttStatistics | undefined;

  /** `expected` is how many fit into the window at most, as a rule: there is room for them at once. */
  constructor(windowMs: number, expected: number) {
    this.#windowMs = windowMs;
    this.#entries = new Uint32Array(2 * (Math.ceil(expected) + 1));
  }

  /** Adds a round-trip time received at the given monotonic time. */
  add(rttSeconds: number, atMs: number): void {
    if (2 * this.#count === this.#entries.length) this.#expire(atMs);
    if (2 * this.#count === this.#entries.length) this.#grow();
    const place = 2 * (this.#first + this.#count) % this.#entries.length;
    this.#entries[place] = Math.round(atMs);
    this.#entries[place + 1] = Math.round(rttSeconds / microsecond);
    this.#count++;
    this.#statistics = undefined;
  }

  /** Statistics at the given monotonic time; undefined when the window is empty. */
  statistics(nowMs: number): RttStatistics | undefined {
    this.#expire(nowMs);
    if (this.#count === 0) return undefined;
    return this.#statistics ??= this.#compute();
  }

  /** By the differences to the smallest, whose sums are whole numbers, so that nothing is lost. */
  #compute(): RttStatistics {
    const entries = this.#entries;
    const end = 2 * (this.#first + this.#count);
    let min = Infinity;
    let max = 0;
    for (let at = 2 * this.#first; at < end; at += 2) {
      const rtt = entries[at % entries.length + 1] ?? 0;
      if (rtt < min) min = rtt;
      if (rtt > max) max = rtt;
    }
    let sum = 0;
    let squares = 0;
    for (let at = 2 * this.#first; at < end; at += 2) {
      const above = (entries[at % entries.length + 1] ?? 0) - min;
      sum += above;
      squares += above * above;
    }
    const variance = (squares - sum * sum / this.#count) / this.#count;
    return {
      minSeconds: min / 1e6,
      maxSeconds: max / 1e6,
      stddevSeconds: Math.round(Math.sqrt(Math.max(0, variance)) * 1e3) / 1e9,
    };
  }

  #expire(nowMs: number): void {
    const now = Math.round(nowMs);
    while (this.#count > 0 && now - (this.#entries[2 * this.#first] ?? 0) >>> 0 >= this.#windowMs) {
      this.#first = (this.#first + 1) % (this.#entries.length / 2);
      this.#count--;
      this.#statistics = undefined;
    }
  }

  #grow(): void {
    const old = this.#entries;
    this.#entries = new Uint32Array(2 * old.length);
    this.#entries.set(old.subarray(2 * this.#first));
    this.#entries.set(old.subarray(0, 2 * this.#first), old.length - 2 * this.#first);
    this.#first = 0;
  }
}
