/** Round-trip times of one pair over a sliding window. @module */

/** Statistics of the round-trip times in a window, in seconds. */
export interface RttStatistics {
  readonly minSeconds: number;
  readonly maxSeconds: number;
  /** Population standard deviation, as fping's and ping's mdev. */
  readonly stddevSeconds: number;
}

const initialCapacity = 8;

/** The round-trip times of the last `windowMs`, in a ring that grows as far as the window asks. */
export class RttWindow {
  readonly #windowMs: number;
  #rttSeconds = new Float32Array(initialCapacity);
  #atMs = new Float64Array(initialCapacity);
  #start = 0;
  #count = 0;
  /** Of what is in the window; undefined when it has changed since it was asked for. */
  #statistics: RttStatistics | undefined;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Adds a round-trip time received at the given monotonic time. */
  add(rttSeconds: number, atMs: number): void {
    this.#expire(atMs);
    if (this.#count === this.#rttSeconds.length) this.#grow();
    const index = (this.#start + this.#count) % this.#rttSeconds.length;
    this.#rttSeconds[index] = rttSeconds;
    this.#atMs[index] = atMs;
    this.#count++;
    this.#statistics = undefined;
  }

  /** Statistics at the given monotonic time; undefined when the window is empty. */
  statistics(nowMs: number): RttStatistics | undefined {
    this.#expire(nowMs);
    if (this.#count === 0) return undefined;
    return this.#statistics ??= this.#compute();
  }

  #compute(): RttStatistics {
    let min = Infinity;
    let max = -Infinity;
    let mean = 0;
    let squares = 0;
    for (let i = 0; i < this.#count; i++) {
      const rtt = this.#rttSeconds[(this.#start + i) % this.#rttSeconds.length] ?? 0;
      min = Math.min(min, rtt);
      max = Math.max(max, rtt);
      const delta = rtt - mean;
      mean += delta / (i + 1);
      squares += delta * (rtt - mean);
    }
    return {
      minSeconds: rounded(min, 1e6),
      maxSeconds: rounded(max, 1e6),
      stddevSeconds: rounded(Math.sqrt(squares / this.#count), 1e9),
    };
  }

  #expire(nowMs: number): void {
    while (this.#count > 0 && (this.#atMs[this.#start] ?? 0) <= nowMs - this.#windowMs) {
      this.#start = (this.#start + 1) % this.#rttSeconds.length;
      this.#count--;
      this.#statistics = undefined;
    }
  }

  #grow(): void {
    const capacity = this.#rttSeconds.length * 2;
    const order = Array.from({ length: this.#count }, (_, i) => (this.#start + i) % this.#count);
    const rttSeconds = new Float32Array(capacity);
    const atMs = new Float64Array(capacity);
    order.forEach((from, to) => {
      rttSeconds[to] = this.#rttSeconds[from] ?? 0;
      atMs[to] = this.#atMs[from] ?? 0;
    });
    this.#rttSeconds = rttSeconds;
    this.#atMs = atMs;
    this.#start = 0;
  }
}

/** fping tells whole microseconds; what single precision adds to them, up to 8 s, is less than half. */
function rounded(seconds: number, partsOfSecond: number): number {
  return Math.round(seconds * partsOfSecond) / partsOfSecond;
}
