/** Detects a process without output, one without replies, and steps of the wall clock. @module */

import type { ProbeSettings } from "./arguments.ts";
import type { Clock } from "../platform/clock.ts";

const lookEveryMs = 500;

/** A look that comes later after the one before shows that the agent itself was not running. */
const maxGapMs = 1500;

/** Lines are read as late as that. */
const marginMs = 900;

/** Loopback and the own address answer at once: without them for so long, fping cannot receive. */
const noRepliesAfterMs = 5000;

/** What a {@linkcode Watchdog} needs. */
export interface WatchdogOptions {
  /** What it waits and measures by. */
  readonly clock: Clock;
  /** Period and timeout, from which follows how long fping can be silent. */
  readonly settings: ProbeSettings;
  /** Called at each look. */
  readonly onLook: () => void;
  /** Nothing readable has come for longer than fping can be silent. */
  readonly onSilent: (silentMs: number) => void;
  /** There was no reply for a while after the start; called once. */
  readonly onNoReplies: () => void;
}

/** Watches one run of fping. */
export class Watchdog {
  readonly #options: WatchdogOptions;
  #outputAtMs: number;
  #noRepliesAtMs: number;

  /** The run starts now. */
  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#outputAtMs = options.clock.monotonicMs();
    this.#noRepliesAtMs = this.#outputAtMs + noRepliesAfterMs;
  }

  /** A line that could be read came at this monotonic time. */
  output(atMs: number): void {
    this.#outputAtMs = atMs;
  }

  /** There was a reply: the process can receive. */
  reply(): void {
    this.#noRepliesAtMs = Infinity;
  }

  /** Looks until the signal is aborted. A late look does not count: lines may wait unread. */
  async watch(signal: AbortSignal): Promise<void> {
    const { clock, settings } = this.#options;
    const limitMs = 2 * settings.periodMs + settings.timeoutMs + marginMs;
    for (let lookedAtMs = clock.monotonicMs(), nowMs; true; lookedAtMs = nowMs) {
      try {
        await clock.sleep(lookEveryMs, signal);
      } catch {
        return;
      }
      this.#options.onLook();
      nowMs = clock.monotonicMs();
      if (nowMs > this.#noRepliesAtMs) {
        this.#noRepliesAtMs = Infinity;
        this.#options.onNoReplies();
      }
      const silentMs = nowMs - this.#outputAtMs;
      if (nowMs - lookedAtMs < maxGapMs && silentMs > limitMs) this.#options.onSilent(silentMs);
    }
  }
}

/**
 * A smaller step cannot be distinguished from scheduling; a larger one makes
 * fping's results untrue.
 */
const toleranceMs = 250;

/**
 * Compares the wall clock with the monotonic one from check to check, so that slewing is no step.
 */
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
