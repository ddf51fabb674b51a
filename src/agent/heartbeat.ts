/** Whether the event loop turns: what /healthz answers. @module */

import type { Clock } from "../shell/clock.ts";

/** Tells how long ago the event loop last turned. */
export class Heartbeat {
  readonly #clock: Clock;
  #lastMs: number;

  /** Counts as turning from now on. */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastMs = clock.monotonicMs();
  }

  /** Milliseconds since the last turn. */
  ageMs(): number {
    return this.#clock.monotonicMs() - this.#lastMs;
  }

  /** Turns each second until the signal is aborted. */
  async keep(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#lastMs = this.#clock.monotonicMs();
      await this.#clock.sleep(1000, signal).catch(() => undefined);
    }
  }
}
