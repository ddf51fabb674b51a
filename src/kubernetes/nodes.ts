/** Lists Node objects. @module */

import { ApiError } from "./api.ts";
import type { KubernetesApi } from "./api.ts";
import { clusterNode } from "./cluster_node.ts";
import type { ClusterNode, NodeObject } from "./cluster_node.ts";

/** All nodes at one moment. */
export interface ListedNodes {
  /** In the order of the API: by name. */
  readonly nodes: readonly ClusterNode[];
  /** Where a watch goes on from. */
  readonly resourceVersion: string;
}

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
      if (!(error instanceof ApiError && error.status === 410) || attempt === 3) throw error;
    }
  }
}

/** A NodeList of the API, as far as it is read. */
interface NodePage {
  readonly metadata?: { readonly continue?: string; readonly resourceVersion?: string };
  readonly items: readonly NodeObject[];
}

async function listOnce(
  api: KubernetesApi,
  selector: string,
  signal: AbortSignal,
): Promise<ListedNodes> {
  const nodes: ClusterNode[] = [];
  let position = "";
  for (;;) {
    const query = {
      limit: String(pageSize),
      ...(selector === "" ? {} : { labelSelector: selector }),
      ...(position === "" ? {} : { continue: position }),
    };
    const { items, metadata } = await api.json("/api/v1/nodes", { query, signal }) as NodePage;
    for (const node of items) nodes.push(clusterNode(node));
    position = metadata?.continue ?? "";
    if (position === "") return { nodes, resourceVersion: metadata?.resourceVersion ?? "" };
  }
}
