/** Runs sync again whenever the nodes change. @module */

import { Backoff } from "../shell/backoff.ts";
import type { Clock } from "../shell/clock.ts";
import { makeDebounce } from "./debounce.ts";
import type { SyncReport } from "./sync_report.ts";

/** What {@linkcode watch} needs. */
export interface WatchOptions {
  /** What waits are measured by. */
  readonly clock: Clock;
  /** Ends the watch; an upgrade under way is finished. */
  readonly signal: AbortSignal;
  /** One run; given what to call when nodes change. */
  readonly sync: () => Promise<SyncReport>;
  /** Receives the function to call when the nodes changed. */
  readonly onStart: (changed: () => void) => void;
  /** Told what each run did. */
  readonly onReport: (report: SyncReport) => void;
  /** A run failed, and is tried again after the milliseconds, or when the nodes change. */
  readonly onFailure: (error: unknown, retryMs: number) => void;
}

/** Changes of nodes come in bursts: a node joins, gets its address, is made schedulable. */
const quietMs = 2_000;
const stormMs = 10_000;
const retries = { firstMs: 5_000, longestMs: 300_000 };
/** The informer lists anew every 10 minutes and tells so; this is for when it cannot. */
const idleMs = 900_000;

/** Runs until the signal is aborted. A run that failed is tried again, later and later. */
export async function watch(options: WatchOptions): Promise<void> {
  const { clock, signal, sync, onStart, onReport, onFailure } = options;
  const debounce = makeDebounce({ clock, quietMs, stormMs });
  onStart(debounce.poke);
  const backoff = new Backoff(retries);
  while (!signal.aborted) {
    let waitMs = idleMs;
    try {
      onReport(await sync());
      backoff.reset();
    } catch (error) {
      if (signal.aborted) return;
      waitMs = backoff.next();
      onFailure(error, waitMs);
    }
    await debounce.wait(waitMs, signal).catch(() => {});
  }
}
