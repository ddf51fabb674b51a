/** Keeps one fping process running. @module */

import { Backoff } from "../shell/backoff.ts";
import { run } from "../shell/spawn.ts";
import type { FpingFeatures } from "./features.ts";
import { runFping } from "./run.ts";
import type { FpingRunOptions, RunEnd } from "./run.ts";

/** What supervision needs on top of a run. */
export interface SupervisorOptions extends Omit<FpingRunOptions, "features"> {
  /** Finds out what the installed fping can do; rejects when it cannot be started. */
  readonly detect: (signal: AbortSignal) => Promise<FpingFeatures>;
  /** Called at each end of a run that was not asked for; the next one starts after `waitMs`. */
  readonly onEnd: (end: Exclude<RunEnd, { kind: "stopped" }>, waitMs: number) => void;
}

const waits = { firstMs: 100, secondMs: 1000, longestMs: 30_000 };

/** A run that lasted this long was a good one: the next restart waits no longer than the first. */
const goodRunMs = 30_000;

/** Runs fping again and again, ever more slowly while it fails, until the signal is aborted. */
export async function superviseFping(
  options: SupervisorOptions,
  signal: AbortSignal,
): Promise<void> {
  const { clock } = options;
  const backoff = new Backoff(waits);
  await quietly(clock.sleep(options.plan.startDelayMs, signal));
  while (!signal.aborted) {
    const startedMs = clock.monotonicMs();
    const end = await start(options, signal);
    if (end.kind === "stopped" || signal.aborted) return;
    if (clock.monotonicMs() - startedMs >= goodRunMs) backoff.reset();
    const waitMs = backoff.next();
    options.onEnd(end, waitMs);
    if (end.kind === "wrong_source") await shiftProcessIds(options, signal);
    await quietly(clock.sleep(waitMs, signal));
  }
}

async function start(options: SupervisorOptions, signal: AbortSignal): Promise<RunEnd> {
  let features: FpingFeatures;
  try {
    features = await options.detect(signal);
  } catch (error) {
    return { kind: "start_failed", error };
  }
  return await runFping({ ...options, features }, signal);
}

/**
 * fping's ICMP identifier is its process id, and in containers these are small and alike. A few
 * processes that end at once move the next id on; by chance, since the other side does the same.
 */
async function shiftProcessIds(options: SupervisorOptions, signal: AbortSignal): Promise<void> {
  const count = 1 + (crypto.getRandomValues(new Uint8Array(1))[0] ?? 0) % 16;
  for (let i = 0; i < count; i++) {
    await quietly(run(options.spawn, { command: options.fping, args: ["--version"] }, signal));
  }
}

async function quietly(promise: Promise<unknown>): Promise<void> {
  try {
    await promise;
  } catch {
    // An abort is seen by the loop; a program that cannot be started, by the next run.
  }
}
