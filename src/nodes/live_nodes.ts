/** Two lists in one: that of the release, and that of the sync in the cluster. @module */

import type { NodeListChange } from "./node_list_watch.ts";

/**
 * The list in force. Where the live list has nodes they win; external targets always come from
 * the release's list. A missing live list is ordinary, a broken one must not hide behind the
 * release's older nodes.
 */
export function mergeLiveNodes(base: NodeListChange, live: NodeListChange): NodeListChange {
  if (live.kind === "unreadable") return base;
  if (live.kind === "invalid" || base.kind === "invalid") {
    return {
      kind: "invalid",
      problems: [
        ...(base.kind === "invalid" ? base.problems : []),
        ...(live.kind === "invalid" ? live.problems.map((text) => `Live list: ${text}`) : []),
      ],
    };
  }
  if (live.list.nodes.length === 0) return base.kind === "unreadable" ? live : base;
  const externalTargets = base.kind === "valid" ? base.list.externalTargets : [];
  const warnings = base.kind === "valid" ? base.warnings : [];
  return {
    kind: "valid",
    list: { nodes: live.list.nodes, externalTargets },
    warnings: [...warnings, ...live.warnings],
  };
}
