/** Two lists in one: that of the release, and that of the sync in the cluster. @module */

import { dirname, join } from "node:path";
import type { NodeListChange } from "./node_list_watch.ts";

/** Where the list of the sync in the cluster is mounted: beside the release's list. */
export function livePathOf(path: string): string {
  return join(dirname(path), "live", "nodes.json");
}

/**
 * The list in force. Where the live list has nodes they win; external targets always come from
 * the release's list. A live list that is missing (undefined) is ordinary; a broken or forbidden
 * one must not hide behind the release's older nodes.
 */
export function mergeLiveNodes(
  base: NodeListChange,
  live: NodeListChange | undefined,
): NodeListChange {
  if (live === undefined) return base;
  if (live.kind === "unreadable") return live;
  if (live.kind === "invalid" || base.kind === "invalid") {
    return {
      kind: "invalid",
      problems: [
        ...(base.kind === "invalid" ? base.problems : []),
        ...(live.kind === "invalid" ? live.problems.map((text) => `Live list: ${text}`) : []),
      ],
    };
  }
  if (live.list.nodes.length === 0) return base;
  const externalTargets = base.kind === "valid" ? base.list.externalTargets : [];
  const warnings = base.kind === "valid" ? base.warnings : [];
  return {
    kind: "valid",
    list: { nodes: live.list.nodes, externalTargets },
    warnings: [...warnings, ...live.warnings],
  };
}
