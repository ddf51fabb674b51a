/** The nodes of now, from an informer that runs as long as somebody wants them. @module */

import type { KubernetesApi } from "../kubernetes/api.ts";
import type { ClusterNode } from "../kubernetes/cluster_node.ts";
import { informNodes } from "../kubernetes/node_informer.ts";
import type { Clock } from "../shell/clock.ts";
import type { NodeSource } from "./sync_release.ts";

/** What {@linkcode feedNodes} needs. */
export interface NodeFeedOptions {
  /** Where the nodes are. */
  readonly api: KubernetesApi;
  /** What waits are measured by. */
  readonly clock: Clock;
  /** Stops the informer. */
  readonly signal: AbortSignal;
  /** Told after each full list, and whenever something that matters changed. */
  readonly onChange: () => void;
  /** Told of failures, which the informer retries by itself. */
  readonly onNotice: (message: string) => void;
}

/**
 * A source that answers from an informer. Asked for another selector (a release's values changed),
 * it starts anew. The first answer waits for the first list.
 */
export function feedNodes(options: NodeFeedOptions): NodeSource {
  const { api, clock, signal, onChange, onNotice } = options;
  let running: { readonly selector: string; readonly stop: AbortController } | undefined;
  let nodes: readonly ClusterNode[] = [];
  let listed: Promise<void> = Promise.resolve();
  const start = (selector: string): void => {
    running?.stop.abort();
    const stop = new AbortController();
    running = { selector, stop };
    const first = Promise.withResolvers<void>();
    listed = first.promise;
    let isListed = false;
    const either = AbortSignal.any([signal, stop.signal]);
    either.addEventListener("abort", () => first.reject(either.reason), { once: true });
    // Nobody may be waiting when it is aborted.
    first.promise.catch(() => {});
    const informed = informNodes({
      ...{ api, selector, clock },
      onNodes: (now) => {
        if (stop.signal.aborted) return;
        nodes = now;
        first.resolve();
        if (isListed) onChange();
        isListed = true;
      },
      onRetry: (error, inMs) =>
        onNotice(
          `${error instanceof Error ? error.message : error}: again in ${inMs / 1000} s`,
        ),
    }, either);
    informed.catch((error) => first.reject(error));
  };
  return async (selector) => {
    if (running?.selector !== selector) start(selector);
    await listed;
    return nodes;
  };
}
