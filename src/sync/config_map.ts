/** One run of the sync in the cluster: the live ConfigMap instead of a release. @module */

import type { LiveConfigMap } from "../kubernetes/config_map.ts";
import { nodeListText, sizeRefusal } from "../nodes/node_list.ts";
import type { NodeEntry } from "../nodes/node_list.ts";
import { parseNodeList } from "../nodes/node_list_parser.ts";
import { applyNodeRules, shrinkRefusal } from "./node_choice.ts";
import { diffNodes } from "./report.ts";
import type { SyncReport } from "./report.ts";
import type { SyncSettings } from "./settings.ts";
import type { NodeSource } from "./upgrade.ts";

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
