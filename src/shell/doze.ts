/** Lets wake-ups of the event loop come together. @module */

import type { Clock } from "./clock.ts";

/** Blocks the thread for a moment again and again, while nothing else is to be done. */
export class Dozer {
  readonly #clock: Clock;
  #working = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

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
   * Dozes for `dozeMs()` at a time, where that is above 0, until the signal is aborted.
   *
   * The runtime is woken by the kernel for every line that fping writes, whether or not anybody
   * waits for it: at 2,000 lines a second these wake-ups cost as much as all work on the lines
   * (measured on deno 2.4.2 and 2.9.6). A thread that stands still is woken once for all that
   * came meanwhile; what else comes, a request or a signal, waits for the end of the doze.
   */
  async run(dozeMs: () => number, signal: AbortSignal): Promise<void> {
    const never = new Int32Array(new SharedArrayBuffer(4));
    while (!signal.aborted) {
      const ms = this.#working > 0 ? 0 : dozeMs();
      if (ms > 0) Atomics.wait(never, 0, 0, ms);
      const turnMs = ms > 0 ? 1 : 100;
      await this.#clock.sleep(turnMs, signal).catch(() => undefined);
    }
  }
}
