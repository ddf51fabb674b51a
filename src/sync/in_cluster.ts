/** The sync in the cluster: one run on the live ConfigMap instead of a release, and what it says of itself. @module */

import { Counter, Gauge, Registry } from "prom-client";
import type { LiveConfigMap } from "../kubernetes/config_map.ts";
import type { NodeSource } from "../kubernetes/nodes.ts";
import { nodeCount, nodeListText, sizeRefusal } from "../nodes/node_list.ts";
import type { NodeEntry } from "../nodes/node_list.ts";
import { parseNodeList } from "../nodes/node_list_parser.ts";
import type { Endpoints } from "../output/http.ts";
import type { Clock } from "../platform/clock.ts";
import { applyNodeRules, shrinkRefusal } from "./node_choice.ts";
import { diffNodes } from "./report.ts";
import type { SyncReport } from "./report.ts";
import type { SyncSettings } from "./settings.ts";

/** What a run on the live ConfigMap is given. */
export interface ConfigMapSyncDeps {
  /** For the report. */
  readonly name: string;
  /** Reads and writes it. */
  readonly configMap: LiveConfigMap;
  /** Nodes of the cluster, by the settings. */
  readonly nodes: NodeSource;
  /** How nodes and addresses are chosen. */
  readonly settings: SyncSettings;
  /** The release's own list, which agents go by while the live one has no nodes; empty for none. */
  readonly releaseNodes: () => Promise<readonly NodeEntry[]>;
  /** Called when live list and nodes were read. */
  readonly onReached: () => void;
  /** Ends the run. */
  readonly signal: AbortSignal;
}

/**
 * Brings the live ConfigMap in step; an invalid one is written anew. A first or invalid live list is
 * guarded against the release's own list, which it would take the place of.
 */
export async function syncConfigMap(deps: ConfigMapSyncDeps): Promise<SyncReport> {
  const { name, configMap, settings, signal } = deps;
  const live = await configMap.read(signal);
  if (live.isSwitchedOff) {
    throw new Error(`ConfigMap "${name}" says that sync.enabled is off: this pod is about to go`);
  }
  const before = live.text === undefined ? [] : nodesOfList(live.text);
  const applied = before.length > 0 ? before : await deps.releaseNodes();
  const nodes = await deps.nodes(settings.selector);
  deps.onReached();
  const chosen = applyNodeRules(nodes, settings, applied);
  const { entries, leftOut } = chosen;
  const diff = diffNodes(before, entries);
  const report = { configMap: name, nodes: entries, diff, leftOut };
  const refusal = shrinkRefusal(applied, chosen, settings.maxShrink, "value") ??
    sizeRefusal(entries);
  if (refusal !== undefined) throw new Error(refusal);
  // Not the difference, which does not see entries that agents skip.
  const text = nodeListText(entries);
  if (text === live.text) return { ...report, action: "none" };
  await configMap.write(text, live, signal);
  return { ...report, action: "written" };
}

/** The nodes of a list's text; none where it is invalid. */
export function nodesOfList(text: string): readonly NodeEntry[] {
  const result = parseNodeList(text);
  return result.kind === "valid" ? result.list.nodes : [];
}

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
  /** Nodes and list were read in this run. */
  readonly reached: () => void;
  /** A run found the list in step, or brought it there. */
  readonly succeeded: (report: SyncReport) => void;
  /** A run failed; what it did not reach makes the sync unready in the end. */
  readonly failed: () => void;
  /** What is served. */
  readonly endpoints: Endpoints;
}

/**
 * From the first time that nodes and list were read, the sync is ready, also where its guard refuses a
 * list. Where they could not be read for so long, it is not: kube-state-metrics then says so, where
 * nobody scrapes the sync.
 */
const maxUnreachedMs = 600_000;

/** Makes the state of a sync that has not run yet. */
export function makeSyncStatus({ wallMs, monotonicMs }: Clock): SyncStatus {
  const registry = new Registry();
  const registers = [registry];
  const failing = new Gauge({ ...syncMetrics.failing, registers });
  const failures = new Counter({ ...syncMetrics.failures, registers });
  const lastSuccess = new Gauge({ ...syncMetrics.lastSuccess, registers });
  const nodes = new Gauge({ ...syncMetrics.nodes, registers });
  const unusableNodes = new Gauge({ ...syncMetrics.unusableNodes, registers });
  /** Since when nodes or list could not be read; undefined while they can. */
  let unreachedMs: number | undefined = -Infinity;
  let isReachedNow = false;
  return {
    reached: () => {
      isReachedNow = true;
      unreachedMs = undefined;
    },
    succeeded: (report) => {
      isReachedNow = false;
      failing.set(0);
      lastSuccess.set(Math.floor(wallMs() / 1000));
      nodes.set(nodeCount(report.nodes));
      unusableNodes.set(report.leftOut.filter(({ isProblem }) => isProblem).length);
    },
    failed: () => {
      if (!isReachedNow) unreachedMs ??= monotonicMs();
      isReachedNow = false;
      failing.set(1);
      failures.inc();
    },
    endpoints: {
      contentType: registry.contentType,
      metrics: async function* (): AsyncGenerator<Uint8Array> {
        yield new TextEncoder().encode(await registry.metrics());
      },
      unready: () =>
        unreachedMs === undefined || monotonicMs() - unreachedMs < maxUnreachedMs
          ? undefined
          : "The nodes and the live list cannot be read from the API server: see the log",
    },
  };
}
