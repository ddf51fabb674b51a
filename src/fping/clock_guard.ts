/** Notices steps of the wall clock, by which fping times its probes. @module */

import type { Clock } from "../shell/clock.ts";

/** A smaller step cannot be told from scheduling; a larger one makes fping's results untrue. */
const toleranceMs = 250;

/** Compares the wall clock with the monotonic one from check to check, so that slewing is no step. */
export class ClockGuard {
  readonly #clock: Clock;
  #offsetMs: number;

  /** Compares from now on. */
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

  /** The latest time stamp that fping can give now, unless its clock is not ours any more. */
  latestStampSeconds(): number {
    return (this.#clock.wallMs() + toleranceMs) / 1000;
  }

  #currentOffsetMs(): number {
    return this.#clock.wallMs() - this.#clock.monotonicMs();
  }
}
