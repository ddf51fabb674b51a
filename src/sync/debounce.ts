/** Waits for changes to settle. @module */

import type { Clock } from "../shell/clock.ts";

/** Gathers changes that come close together. */
export interface Debounce {
  /** Something changed. */
  readonly poke: () => void;
  /**
   * Resolves when changes have been quiet for long enough, or have gone on for too long; at the
   * latest after the milliseconds, even when nothing changed. Rejects when the signal is aborted.
   */
  readonly wait: (latestMs: number, signal: AbortSignal) => Promise<void>;
}

/** Times in milliseconds. */
export interface DebounceOptions {
  /** What quiet times are measured by. */
  readonly clock: Clock;
  /** Quiet time that ends a run of changes. */
  readonly quietMs: number;
  /** Longest run of changes that is waited for. */
  readonly stormMs: number;
}

/** Makes a debounce. */
export function makeDebounce({ clock, quietMs, stormMs }: DebounceOptions): Debounce {
  let firstMs: number | undefined;
  let lastMs = 0;
  let wake = new AbortController();
  const dueMs = () =>
    firstMs === undefined ? Infinity : Math.min(lastMs + quietMs, firstMs + stormMs);
  return {
    poke: () => {
      lastMs = clock.monotonicMs();
      firstMs ??= lastMs;
      wake.abort();
    },
    wait: async (latestMs, signal) => {
      const endMs = clock.monotonicMs() + latestMs;
      for (;;) {
        signal.throwIfAborted();
        const leftMs = Math.min(dueMs(), endMs) - clock.monotonicMs();
        if (leftMs <= 0) break;
        wake = new AbortController();
        await clock.sleep(leftMs, AbortSignal.any([signal, wake.signal])).catch(() => {});
      }
      firstMs = undefined;
    },
  };
}
