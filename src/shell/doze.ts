/** Lets wake-ups of the event loop come together. @module */

import type { Clock } from "./clock.ts";

/** A time in which input may collect. */
export interface Pause {
  /** How long it lasts. */
  readonly ms: number;
  /** Whether the thread stands still meanwhile, which spares its wake-ups. */
  readonly standsStill: boolean;
}

/** Gives the beat at which collected input is read; between two of them the thread may stand still. */
export class Dozer {
  readonly #clock: Clock;
  #working = 0;
  #resting: (() => void)[] = [];

  /** Sleeps by this clock. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves at the next beat, or when the signal is aborted. */
  readonly rest = (signal: AbortSignal): Promise<void> => {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        signal.removeEventListener("abort", done);
        resolve();
      };
      signal.addEventListener("abort", done, { once: true });
      this.#resting.push(done);
    });
  };

  /** Passes the parts on, awake until the last: they need the event loop several times. */
  async *awakeDuring<T>(parts: AsyncIterable<T>): AsyncGenerator<T> {
    this.#working++;
    try {
      yield* parts;
    } finally {
      this.#working--;
    }
  }

  /**
   * Beats after each pause, until the signal is aborted.
   *
   * The runtime is woken by the kernel for every line that fping writes, whether or not anybody
   * waits for it: at 2,000 lines a second these wake-ups cost as much as all work on the lines
   * (measured on deno 2.4.2 and 2.9.6). A thread that stands still is woken once for all that
   * came meanwhile; what else comes, a request or a signal, waits for the end of the pause.
   */
  async run(nextPause: () => Pause, signal: AbortSignal): Promise<void> {
    const never = new Int32Array(new SharedArrayBuffer(4));
    while (!signal.aborted) {
      const { ms, standsStill } = nextPause();
      if (standsStill && this.#working === 0) Atomics.wait(never, 0, 0, ms);
      else await this.#sleep(ms, signal);
      await this.#turn(signal);
    }
  }

  /** Lets those who rest go on until they rest again; who finds nothing to read is not waited for. */
  async #turn(signal: AbortSignal): Promise<void> {
    const released = this.#resting;
    this.#resting = [];
    for (const release of released) release();
    await this.#sleep(0, signal);
    if (this.#resting.length < released.length) await this.#sleep(1, signal);
  }

  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(ms, signal).catch(() => undefined);
  }
}
