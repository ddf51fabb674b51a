/** Node objects: what is read of them, how they are listed, and how the list is kept true. @module */

import { ApiError } from "./client.ts";
import type { KubernetesApi, RequestOptions } from "./client.ts";
import { Backoff, within } from "../platform/clock.ts";
import type { Clock } from "../platform/clock.ts";

/** The parts of a Node object that are read, as the API (core/v1) has them. */
export interface NodeObject {
  /** ObjectMeta. */
  readonly metadata?: {
    readonly name?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly resourceVersion?: string;
    readonly deletionTimestamp?: unknown;
  };
  /** NodeSpec. */
  readonly spec?: {
    readonly unschedulable?: boolean;
    readonly taints?: readonly { readonly key?: string }[];
  };
  /** NodeStatus. */
  readonly status?: {
    readonly addresses?: readonly { readonly type?: string; readonly address?: string }[];
    readonly conditions?: readonly { readonly type?: string; readonly status?: string }[];
  };
}

/** The parts of a Node that decide on its place in the node list; a heartbeat changes none. */
export interface ClusterNode {
  /** metadata.name. */
  readonly name: string;
  /** In the order of .status.addresses. */
  readonly addresses: readonly { readonly type: string; readonly address: string }[];
  /** Label topology.kubernetes.io/zone. */
  readonly zone?: string;
  /** spec.unschedulable. */
  readonly cordoned: boolean;
  /** Keys of spec.taints. */
  readonly taints: readonly string[];
  /** True when metadata.deletionTimestamp is set: Karpenter's finalizer keeps the Node while it drains. */
  readonly deleting: boolean;
  /** True when the condition "Terminating" is True. */
  readonly terminating: boolean;
  /** True when the annotation nodeping/exclude is "true". */
  readonly excluded: boolean;
}

/** Set to "true" on a Node, it keeps the node out of the list. */
const excludeAnnotation = "nodeping/exclude";

/**
 * The one condition that stands only on nodes that surely go, and is never taken back: Gardener's
 * machine-controller-manager sets it before it drains, the spot handlers of OpenShift and KubeOne when
 * the cloud takes the machine.
 */
const terminatingCondition = "Terminating";

/** Reads a Node object as the API gives it. */
export function clusterNode(node: NodeObject): ClusterNode {
  const { metadata, spec, status } = node;
  const zone = metadata?.labels?.["topology.kubernetes.io/zone"];
  return {
    name: metadata?.name ?? "",
    addresses: (status?.addresses ?? [])
      .map(({ type = "", address = "" }) => ({ type, address })),
    ...(zone ? { zone } : {}),
    cordoned: spec?.unschedulable === true,
    taints: (spec?.taints ?? []).map(({ key = "" }) => key),
    deleting: Boolean(metadata?.deletionTimestamp),
    terminating: (status?.conditions ?? []).some(({ type, status }) =>
      type === terminatingCondition && status === "True"
    ),
    excluded: metadata?.annotations?.[excludeAnnotation] === "true",
  };
}

/** All nodes at one moment. */
export interface ListedNodes {
  /** In the order of the API: by name. */
  readonly nodes: readonly ClusterNode[];
  /** Where a watch goes on from. */
  readonly resourceVersion: string;
}

/** The nodes that a label selector matches, as they are now. */
export type NodeSource = (selector: string) => Promise<readonly ClusterNode[]>;

/**
 * Nodes a request. A Node of a cloud has 16 KB, and what a page leaves behind is not collected soon:
 * 5,000 nodes took 290 MB in pages of 500, the limit of the sync's pod (192 MiB) in pages of 100, 143 MB
 * in pages of 50 and 66 MB in these (image/nodeping in a control group of that limit).
 */
const pageSize = 25;

/**
 * Lists the nodes page by page, keeping only what is needed of each. A list that takes so long that
 * its continuation expires (410) is begun again, at most 3 times.
 */
export async function listNodes(
  api: KubernetesApi,
  selector: string,
  signal: AbortSignal,
): Promise<ListedNodes> {
  for (let attempt = 1;; attempt++) {
    try {
      return await listOnce(api, selector, signal);
    } catch (error) {
      if (error instanceof ApiError && error.status === 400 && selector !== "") {
        throw new ApiError(
          `The label selector "${selector}" (--selector, nodePing.selector): ${error.message}`,
          error.status,
          error.reason,
        );
      }
      if (!(error instanceof ApiError && error.status === 410) || attempt === 3) throw error;
    }
  }
}

/** A NodeList of the API, as far as it is read. */
interface NodePage {
  readonly metadata?: { readonly continue?: string; readonly resourceVersion?: string };
  readonly items?: readonly NodeObject[];
}

async function listOnce(
  api: KubernetesApi,
  selector: string,
  signal: AbortSignal,
): Promise<ListedNodes> {
  const query = {
    limit: String(pageSize),
    ...(selector === "" ? {} : { labelSelector: selector }),
  };
  const nodes: ClusterNode[] = [];
  let resourceVersion = "";
  for await (const { items = [], metadata } of nodePages(api, { query, signal })) {
    for (const node of items) nodes.push(clusterNode(node));
    resourceVersion = metadata?.resourceVersion ?? "";
  }
  return { nodes, resourceVersion };
}

async function* nodePages(
  api: Pick<KubernetesApi, "json">,
  options: RequestOptions,
): AsyncGenerator<NodePage> {
  let position: string | undefined = "";
  while (position !== undefined) {
    const query = { ...options.query, ...(position === "" ? {} : { continue: position }) };
    const page = await api.json("/api/v1/nodes", { ...options, query }) as NodePage | null;
    if (!Array.isArray(page?.items)) {
      throw new Error("The API server's answer is no list of nodes");
    }
    yield page;
    position = page.metadata?.continue || undefined;
  }
}

/** Metadata alone, a tenth of a Node; a server that does not know this form answers with whole ones. */
const metadataAlone =
  "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

/** Names of all nodes, in the order of the API. */
export async function nodeNames(
  api: Pick<KubernetesApi, "json">,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const options = { query: { limit: "500" }, accept: metadataAlone, signal };
  const names: string[] = [];
  for await (const { items = [] } of nodePages(api, options)) {
    for (const { metadata } of items) names.push(metadata?.name ?? "");
  }
  return names;
}

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

/** The longest wait of {@linkcode informNodes} for its next try, which comes after half a minute of failures. */
export const longestRetryMs = 15_000;

/**
 * Runs until the signal is aborted. A watch that ends is resumed where it was. Where that place is
 * gone (410, after a compaction or a restored etcd), it begins with a new list; that is no failure
 * to log, but it waits as after one, since a server may answer so again and again. After half a minute
 * of failures it begins with a new list as well: onNodes is then called as soon as all is well again.
 */
export async function informNodes(
  options: NodeInformerOptions,
  signal: AbortSignal,
): Promise<void> {
  const waits = { firstMs: 500, maxMs: longestRetryMs };
  const failures = new Backoff(waits);
  // A server may list well, and know none of its places a moment later: only a watch that came to its
  // end is a success there.
  const expirations = new Backoff(waits);
  const makeInformer = () => new Informer(options, () => failures.reset());
  let informer = makeInformer();
  while (!signal.aborted) {
    const startMs = options.clock.monotonicMs();
    try {
      await informer.turn(signal);
      failures.reset();
      expirations.reset();
      // A server or proxy that ends every watch at once must not be asked in a circle.
      const leftMs = shortestWatchMs - (options.clock.monotonicMs() - startMs);
      if (leftMs > 0) await options.clock.sleep(leftMs, signal).catch(() => {});
    } catch (error) {
      if (signal.aborted) return;
      const isExpired = error instanceof ApiError && error.status === 410;
      const waitMs = (isExpired ? expirations : failures).next();
      if (isExpired || waitMs >= longestRetryMs) informer = makeInformer();
      if (!isExpired) options.onRetry(error, waitMs);
      await options.clock.sleep(waitMs, signal).catch(() => {});
    }
  }
}

class Informer {
  readonly #options: NodeInformerOptions;
  readonly #onAnswer: () => void;
  readonly #nodes = new Map<string, ClusterNode>();
  #version = "";
  #listedMs = 0;

  /** `onAnswer` is called with each list and each event of a watch, however the turn then ends. */
  constructor(options: NodeInformerOptions, onAnswer: () => void) {
    this.#options = options;
    this.#onAnswer = onAnswer;
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
    this.#onAnswer();
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
    if (type === "BOOKMARK") return this.#onAnswer();
    const node = clusterNode(object);
    this.#onAnswer();
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
