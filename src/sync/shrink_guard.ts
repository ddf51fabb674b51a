/** Keeps a partial or empty list from wiping out the mesh. @module */

import type { NodeEntry } from "../nodes/node_list.ts";
import { nodeCount } from "./node_diff.ts";
import type { ChosenNodes } from "./node_rules.ts";

/**
 * Why the new list must not be written, or undefined when it may: it is empty, or smaller than the
 * list in force by more than `maxShrink` percent. `setBy` is how the limit is raised: nobody can give
 * a flag to the sync in the cluster.
 */
export function shrinkRefusal(
  inForce: readonly NodeEntry[],
  { entries, leftOut }: ChosenNodes,
  maxShrink: number,
  setBy: "flag" | "value" = "flag",
): string | undefined {
  const [before, after] = [nodeCount(inForce), nodeCount(entries)];
  if (after === 0) {
    const first = leftOut.find(({ isProblem }) => isProblem) ?? leftOut[0];
    return "No node is left to probe: an empty list is never written; " +
      (first === undefined
        ? "check the selector and whether this is the right cluster"
        : `of ${leftOut.length} left out, "${first.name}" is because ${first.reason}`);
  }
  const percent = 100 * (before - after) / before;
  if (before === 0 || percent <= maxShrink) return undefined;
  const needed = Math.ceil(percent);
  return `The list would shrink from ${before} to ${after} nodes, by ${Math.round(percent)} %: ` +
    (setBy === "flag"
      ? `more than --max-shrink ${maxShrink}; if that is right, run once with --max-shrink ${needed}`
      : `more than nodePing.maxShrink ${maxShrink}; if that is right, set it to ${needed} for a while`);
}
