/** What the sync in the cluster says of itself: whether it is ready, and its metrics. @module */

import { Counter, Gauge, Registry } from "prom-client";
import type { Endpoints } from "../output/http.ts";
import { nodeCount } from "../nodes/node_list.ts";
import type { SyncReport } from "./report.ts";

/** Names and HELP texts of the sync's metrics, which rules and dashboard read. */
export const syncMetrics = {
  failing: {
    name: "nodeping_sync_failing",
    help: "1 while the newest run failed or its list was refused; 0 when the list is in step.",
  },
  failures: {
    name: "nodeping_sync_failures_total",
    help: "Runs that failed or whose list was refused.",
  },
  lastSuccess: {
    name: "nodeping_sync_last_success_timestamp_seconds",
    help: "Unix time at which the list was last seen to be in step; 0 before the first time.",
  },
  nodes: {
    name: "nodeping_sync_nodes",
    help: "Nodes in the list.",
  },
  unusableNodes: {
    name: "nodeping_sync_unusable_nodes",
    help: "Nodes that are left out though nobody asked for it, such as those without an address.",
  },
} as const;

/** The state of the sync, as its endpoints show it. */
export interface SyncStatus {
  /** Nodes and list were read: from now on the sync is ready, whatever fails later. */
  readonly reached: () => void;
  /** A run found the list in step, or brought it there. */
  readonly succeeded: (report: SyncReport) => void;
  /** A run failed. */
  readonly failed: () => void;
  /** What is served. */
  readonly endpoints: Endpoints;
}

/** Makes the state of a sync that has not run yet. */
export function makeSyncStatus(wallMs: () => number): SyncStatus {
  const registry = new Registry();
  const registers = [registry];
  const failing = new Gauge({ ...syncMetrics.failing, registers });
  const failures = new Counter({ ...syncMetrics.failures, registers });
  const lastSuccess = new Gauge({ ...syncMetrics.lastSuccess, registers });
  const nodes = new Gauge({ ...syncMetrics.nodes, registers });
  const unusableNodes = new Gauge({ ...syncMetrics.unusableNodes, registers });
  let isReached = false;
  return {
    reached: () => void (isReached = true),
    succeeded: (report) => {
      failing.set(0);
      lastSuccess.set(Math.floor(wallMs() / 1000));
      nodes.set(nodeCount(report.nodes));
      unusableNodes.set(report.leftOut.filter(({ isProblem }) => isProblem).length);
    },
    failed: () => {
      failing.set(1);
      failures.inc();
    },
    endpoints: {
      contentType: registry.contentType,
      metrics: async function* (): AsyncGenerator<Uint8Array> {
        yield new TextEncoder().encode(await registry.metrics());
      },
      unready: () => isReached ? undefined : "The API server was not reached yet: see the log",
    },
  };
}
