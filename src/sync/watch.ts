/** Runs sync again whenever the nodes change. @module */

import type { KubernetesApi } from "../kubernetes/client.ts";
import { informNodes, longestRetryMs } from "../kubernetes/nodes.ts";
import type { ClusterNode, NodeSource } from "../kubernetes/nodes.ts";
import { Backoff } from "../platform/clock.ts";
import type { Clock } from "../platform/clock.ts";
import type { SyncReport } from "./report.ts";
import { errorMessage } from "../platform/terminal.ts";

/** What {@linkcode watch} needs. */
export interface SyncWatchOptions {
  /** Ends the watch; an upgrade under way is finished. */
  readonly signal: AbortSignal;
  /** Changes of the nodes, gathered. */
  readonly changes: Debounce;
  /** One run. */
  readonly sync: () => Promise<SyncReport>;
  /** Called with what each run did. */
  readonly onReport: (report: SyncReport) => void;
  /** A run failed, and is tried again after the milliseconds, or when the nodes change. */
  readonly onFailure: (error: unknown, retryMs: number) => void;
}

const retries = { firstMs: 5_000, maxMs: 300_000 };
/** The informer lists anew every 10 minutes and notifies; this is for when it cannot. */
const idleMs = 900_000;

/** Runs until the signal is aborted. A run that failed is tried again, later and later. */
export async function watch(options: SyncWatchOptions): Promise<void> {
  const { signal, changes, sync, onReport, onFailure } = options;
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
    await changes.wait(waitMs, signal).catch(() => {});
  }
}

/** Gathers changes that come close together. */
export interface Debounce {
  /** Something changed. */
  readonly notify: () => void;
  /**
   * Resolves when changes have been quiet for long enough, or have gone on for too long; after the
   * milliseconds at most, even when nothing changed. Rejects when the signal is aborted.
   */
  readonly wait: (maxMs: number, signal: AbortSignal) => Promise<void>;
}

/** Times in milliseconds. */
export interface DebounceOptions {
  /** What quiet times are measured by. */
  readonly clock: Clock;
  /** Quiet time that ends a run of changes. */
  readonly quietMs: number;
  /** Longest wait for changes to become quiet. */
  readonly maxWaitMs: number;
}

/** Changes of nodes come in bursts: a node joins, gets its address, is made schedulable. */
export const nodeChangeTimes = { quietMs: 2_000, maxWaitMs: 10_000 } as const;

/** Makes a debounce. */
export function makeDebounce({ clock, quietMs, maxWaitMs }: DebounceOptions): Debounce {
  let firstMs: number | undefined;
  let lastMs = 0;
  let wake = new AbortController();
  const dueMs = () =>
    firstMs === undefined ? Infinity : Math.min(lastMs + quietMs, firstMs + maxWaitMs);
  return {
    notify: () => {
      lastMs = clock.monotonicMs();
      firstMs ??= lastMs;
      wake.abort();
    },
    wait: async (maxMs, signal) => {
      const endMs = clock.monotonicMs() + maxMs;
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

/** What {@linkcode informedNodes} needs. */
export interface InformedNodesOptions {
  /** Where the nodes are. */
  readonly api: KubernetesApi;
  /** What waits are measured by. */
  readonly clock: Clock;
  /** Stops the informer. */
  readonly signal: AbortSignal;
  /** Called after each full list, whenever something that matters changed, and when following fails. */
  readonly onChange: () => void;
  /** Called with failures of less than half a minute, which the informer retries by itself. */
  readonly onFailure: (message: string) => void;
}

/**
 * A source that answers from an informer. Asked for another selector (a release's values changed),
 * it starts anew. The first answer waits for the first list. Where the nodes cannot be followed for
 * half a minute it fails, until they are listed again: what was true then must not pass for the truth.
 */
export function informedNodes(options: InformedNodesOptions): NodeSource {
  let running: RunningInformer | undefined;
  return async (selector) => {
    if (running?.selector !== selector) {
      running?.stop.abort();
      running = startInformer(selector, options);
    }
    const { firstAnswer } = running;
    await firstAnswer;
    const { answer } = running;
    if (answer !== undefined && "error" in answer) throw answer.error;
    return answer?.nodes ?? [];
  };
}

/** What an informer says of the nodes: these, or why they cannot be followed. */
type InformerAnswer =
  | { readonly nodes: readonly ClusterNode[] }
  | { readonly error: unknown };

interface RunningInformer {
  readonly selector: string;
  readonly stop: AbortController;
  /** Resolves with the first answer; rejects when the informer ends before it. */
  readonly firstAnswer: Promise<void>;
  /** The newest. */
  answer: InformerAnswer | undefined;
}

function startInformer(selector: string, options: InformedNodesOptions): RunningInformer {
  const { api, clock, onChange, onFailure } = options;
  const stop = new AbortController();
  const first = Promise.withResolvers<void>();
  const informer: RunningInformer = {
    ...{ selector, stop, firstAnswer: first.promise, answer: undefined },
  };
  const take = (answer: InformerAnswer): void => {
    if (stop.signal.aborted) return;
    const isFirst = informer.answer === undefined;
    informer.answer = answer;
    if (isFirst) first.resolve();
    else onChange();
  };
  const ends = AbortSignal.any([options.signal, stop.signal]);
  ends.addEventListener("abort", () => first.reject(ends.reason), { once: true });
  // Nobody may be waiting when it is aborted.
  first.promise.catch(() => {});
  const informing = informNodes({
    ...{ api, selector, clock },
    onNodes: (nodes) => take({ nodes }),
    onRetry: (error, inMs) => {
      const isLong = inMs >= longestRetryMs;
      const hasFailed = informer.answer !== undefined && "error" in informer.answer;
      if (!isLong) onFailure(`${errorMessage(error)}: again in ${inMs / 1000} s`);
      // From then on the runs that fail say it, later and later.
      else if (!hasFailed) take({ error });
    },
  }, ends);
  informing.catch((error) => first.reject(error));
  return informer;
}
