/** Notices steps of the wall clock, by which fping times its probes. @module */

import type { Clock } from "../shell/clock.ts";

/** A smaller step cannot be told from scheduling; a larger one makes fping's results untrue. */
const toleranceMs = 250;

/** Compares the wall clock with the monotonic one from check to check, so that slewing is no step. */
export class ClockGuard {
  readonly #clock: Clock;
  #offsetMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offsetMs = this.#currentOffsetMs();
  }

  /** The step since the last check in milliseconds; 0 when there was none. */
  stepMs(): number {
    const offsetMs = this.#currentOffsetMs();
    const stepMs = offsetMs - this.#offsetMs;
    this.#offsetMs = offsetMs;
    return Math.abs(stepMs) > toleranceMs ? stepMs : 0;
  }

  /** Whether a time stamp of fping lies in the future: its clock is not ours any more. */
  isAhead(atSeconds: number): boolean {
    return atSeconds * 1000 > this.#clock.wallMs() + toleranceMs;
  }

  #currentOffsetMs(): number {
    return this.#clock.wallMs() - this.#clock.monotonicMs();
  }
}
