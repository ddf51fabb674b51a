/** Keeps a partial or empty list from wiping out the mesh. @module */

import type { NodeEntry } from "../nodes/node_list.ts";
import { nodeCount } from "./node_diff.ts";

/**
 * Why the new list must not be written, or undefined when it may: it is empty, or smaller than the
 * list in force by more than `maxShrink` percent.
 */
export function shrinkRefusal(
  inForce: readonly NodeEntry[],
  next: readonly NodeEntry[],
  maxShrink: number,
): string | undefined {
  const [before, after] = [nodeCount(inForce), nodeCount(next)];
  if (after === 0) {
    return "No node is left to probe: an empty list is never written; " +
      "check the selector and whether this is the right cluster";
  }
  const percent = (before - after) / before * 100;
  if (before === 0 || percent <= maxShrink) return undefined;
  return `The list would shrink from ${before} to ${after} nodes, by ${Math.round(percent)} %: ` +
    `more than --max-shrink ${maxShrink}; if that is right, run once with --max-shrink ` +
    `${Math.ceil(percent)}`;
}
