/** Probes a set of targets that changes, without a gap for those that stay, and keeps each fping running. @module */

import { planProcesses } from "./arguments.ts";
import type { FpingFeatures, FpingPlan, ProbeSettings } from "./arguments.ts";
import { runFping } from "./process.ts";
import type { FpingRunOptions, RunEnd } from "./process.ts";
import type { OutputRate } from "./read_batcher.ts";
import { Backoff } from "../platform/clock.ts";
import { run } from "../platform/process.ts";

/** Settings of a {@linkcode Prober}; what concerns one process is filled in by the prober. */
export interface ProberOptions extends Omit<SupervisorOptions, "plan" | "onOutput" | "onReply"> {
  /** Numbers from 0 to below 1, by which the period drifts against that of other nodes. */
  readonly random: () => number;
}

/**
 * How much shorter the period of bursts may be than it should: two nodes whose bursts meet are
 * apart again after some seconds. Never longer: a period just above a part of the timeout costs a
 * longer -t, see planProcesses().
 */
const maxDrift = 0.004;

/** The factor of this node's period of bursts, by a number from 0 to below 1. */
export function driftOf(random: number): number {
  return 1 - maxDrift * random;
}

/** The fping processes of one list of targets. */
interface Generation {
  readonly controller: AbortController;
  readonly ended: Promise<unknown>;
  /** Processes that have not printed a line yet, by their place in the plan. */
  readonly withoutOutput: Set<number>;
  /** Processes that have received no reply since they were last started. */
  readonly withoutReply: Set<number>;
}

/** Runs the fping processes of the current list. */
export class Prober {
  readonly #options: ProberOptions;
  #current: Generation | undefined;
  #next: Generation | undefined;
  readonly #running = new Set<Generation>();
  #outputRate: OutputRate;

  /** Probes nothing before it is given targets. */
  constructor(options: ProberOptions) {
    this.#options = options;
    this.#outputRate = outputRateOf([], options.settings);
  }

  /** Whether every current fping process has received a reply since it was started. */
  get measuring(): boolean {
    return [this.#current, this.#next].some((generation) => generation?.withoutReply.size === 0);
  }

  /** What the processes of the latest list write. */
  get outputRate(): OutputRate {
    return this.#outputRate;
  }

  /**
   * Probes these targets from now on: numeric addresses, each once, in the order of probing; each
   * process also probes the own targets. The previous processes go on until every new one
   * has printed a line, and for a period after that, so that each target has had its first probe.
   */
  probe(targets: readonly string[], ownTargets: readonly string[]): void {
    this.#next?.controller.abort();
    const { settings, random } = this.#options;
    const plans = planProcesses(targets, ownTargets, settings, driftOf(random()));
    this.#outputRate = outputRateOf(plans, settings);
    this.#next = this.#start(plans);
  }

  /** Ends all processes. */
  async close(): Promise<void> {
    for (const { controller } of this.#running) controller.abort();
    await Promise.all([...this.#running].map(({ ended }) => ended));
  }

  #start(plans: readonly FpingPlan[]): Generation {
    const controller = new AbortController();
    const withoutOutput = new Set(plans.keys());
    const withoutReply = new Set(plans.keys());
    const processes = plans.map((plan, index) =>
      superviseFping({
        ...this.#options,
        plan,
        onOutput: () => {
          if (withoutOutput.delete(index) && withoutOutput.size === 0) this.#takeOver(generation);
        },
        onReply: () => withoutReply.delete(index),
        onEnd: (end, waitMs) => {
          withoutReply.add(index);
          this.#options.onEnd(end, waitMs);
        },
      }, controller.signal)
    );
    const generation: Generation = {
      controller,
      ended: Promise.all(processes).finally(() => this.#running.delete(generation)),
      withoutOutput,
      withoutReply,
    };
    this.#running.add(generation);
    return generation;
  }

  async #takeOver(generation: Generation): Promise<void> {
    const { clock, settings } = this.#options;
    try {
      await clock.sleep(settings.periodMs, generation.controller.signal);
    } catch {
      return;
    }
    this.#current?.controller.abort();
    this.#current = generation;
    if (this.#next === generation) this.#next = undefined;
  }
}

/**
 * "[1795401810.21675] NAME : [1234567], 64 bytes, 0.054 ms (0.054 avg, 100% loss)" and
 * its line feed.
 */
const lineBytesBesideName = 76;

/** Made once a list: each beat asks for it. */
function outputRateOf(plans: readonly FpingPlan[], { periodMs }: ProbeSettings): OutputRate {
  const longestName = plans.reduce(
    (longest, { targets }) => targets.reduce((max, { length }) => Math.max(max, length), longest),
    0,
  );
  return {
    lines: Math.max(0, ...plans.map(({ targets }) => targets.length)),
    lineBytes: lineBytesBesideName + longestName,
    processes: plans.length,
    bursts: plans.every(({ intervalMs }) => intervalMs === 0),
    periodMs,
  };
}

/** What supervision needs on top of a run. */
export interface SupervisorOptions extends Omit<FpingRunOptions, "features"> {
  /** Finds out what the installed fping can do; rejects when it cannot be started. */
  readonly detect: (signal: AbortSignal) => Promise<FpingFeatures>;
  /** Called at each end of a run that was not asked for; the next one starts after `waitMs`. */
  readonly onEnd: (end: Exclude<RunEnd, { kind: "stopped" }>, waitMs: number) => void;
}

const waits = { firstMs: 100, secondMs: 1000, maxMs: 30_000 };

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
