/** Keeps a list of the nodes true: list, watch, and list again. @module */

import { Backoff } from "../shell/backoff.ts";
import type { Clock } from "../shell/clock.ts";
import { within } from "../shell/time_limit.ts";
import { ApiError } from "./api.ts";
import type { KubernetesApi } from "./api.ts";
import { clusterNode } from "./cluster_node.ts";
import type { ClusterNode, NodeObject } from "./cluster_node.ts";
import { listNodes } from "./nodes.ts";

/** Settings of {@linkcode informNodes}. */
export interface NodeInformerOptions {
  /** Where the nodes are. */
  readonly api: KubernetesApi;
  /** Label selector; all nodes when empty. */
  readonly selector: string;
  /** What waits are measured by. */
  readonly clock: Clock;
  /** The nodes as they are now: after each list, and whenever something that matters changed. */
  readonly onNodes: (nodes: readonly ClusterNode[]) => void;
  /** A failure that is retried by itself after the milliseconds. */
  readonly onRetry: (error: unknown, inMs: number) => void;
  /** Time from one full list to the next; 10 minutes. */
  readonly resyncMs?: number;
}

/** A watch is asked to end after this time: one that fell silent is then noticed. */
const watchSeconds = 240;
const shortestWatchMs = 1000;

/**
 * Runs until the signal is aborted. A watch that ends is resumed where it was. Where that place is
 * gone (410, after a compaction or a restored etcd), it begins with a new list; that is no failure
 * to tell of, but it waits as after one, since a server may answer so again and again.
 */
export async function informNodes(
  options: NodeInformerOptions,
  signal: AbortSignal,
): Promise<void> {
  let informer = new Informer(options);
  const backoff = new Backoff({ firstMs: 500, longestMs: 15_000 });
  while (!signal.aborted) {
    const startMs = options.clock.monotonicMs();
    try {
      await informer.turn(signal);
      backoff.reset();
      // A server or proxy that ends every watch at once must not be asked in a circle.
      const leftMs = shortestWatchMs - (options.clock.monotonicMs() - startMs);
      if (leftMs > 0) await options.clock.sleep(leftMs, signal).catch(() => {});
    } catch (error) {
      if (signal.aborted) return;
      const waitMs = backoff.next();
      if (error instanceof ApiError && error.status === 410) informer = new Informer(options);
      else options.onRetry(error, waitMs);
      await options.clock.sleep(waitMs, signal).catch(() => {});
    }
  }
}

class Informer {
  readonly #options: NodeInformerOptions;
  readonly #nodes = new Map<string, ClusterNode>();
  #version = "";
  #listedMs = 0;

  constructor(options: NodeInformerOptions) {
    this.#options = options;
  }

  /** One list where it is due, then one watch to its end. */
  async turn(signal: AbortSignal): Promise<void> {
    const { clock, resyncMs = 600_000 } = this.#options;
    if (this.#version === "" || clock.monotonicMs() - this.#listedMs >= resyncMs) {
      await this.#list(signal);
    }
    const left = resyncMs - (clock.monotonicMs() - this.#listedMs);
    await this.#watch(Math.max(1, Math.min(watchSeconds, Math.ceil(left / 1000))), signal);
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { api, selector, clock, onNodes } = this.#options;
    const { nodes, resourceVersion } = await listNodes(api, selector, signal);
    this.#nodes.clear();
    for (const node of nodes) this.#nodes.set(node.name, node);
    this.#version = resourceVersion;
    this.#listedMs = clock.monotonicMs();
    onNodes(nodes);
  }

  async #watch(seconds: number, signal: AbortSignal): Promise<void> {
    const { api, selector } = this.#options;
    const query = {
      watch: "true",
      allowWatchBookmarks: "true",
      resourceVersion: this.#version,
      timeoutSeconds: String(seconds),
      ...(selector === "" ? {} : { labelSelector: selector }),
    };
    // The server ends the watch; when it does not, the connection is dead.
    await within((seconds + 15) * 1000, signal, async (limited) => {
      for await (const line of api.lines("/api/v1/nodes", { query, signal: limited })) {
        this.#take(JSON.parse(line));
      }
    });
  }

  #take({ type, object }: WatchEvent): void {
    if (type === "ERROR") {
      throw new ApiError(`The watch failed: ${object.message}`, object.code ?? 0, "");
    }
    this.#version = object.metadata?.resourceVersion ?? this.#version;
    if (type === "BOOKMARK") return;
    const node = clusterNode(object);
    const known = this.#nodes.get(node.name);
    if (type === "DELETED") this.#nodes.delete(node.name);
    else this.#nodes.set(node.name, node);
    const now = this.#nodes.get(node.name);
    if (JSON.stringify(known) !== JSON.stringify(now)) {
      this.#options.onNodes([...this.#nodes.values()]);
    }
  }
}

interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: NodeObject & {
    readonly code?: number;
    readonly message?: string;
  };
}
