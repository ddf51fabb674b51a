/** The difference between two node lists, node by node. @module */

import type { NodeEntry } from "../nodes/node_list.ts";

/** A node that stays with another address, zone or mark. */
export interface ChangedNode {
  /** Of both. */
  readonly name: string;
  /** Entries of the current list, one for each address. */
  readonly before: readonly NodeEntry[];
  /** Entries that the cluster calls for. */
  readonly after: readonly NodeEntry[];
}

/** The difference between two node lists, by node name, each sorted as its list is. */
export interface NodeDiff {
  /** Entries of nodes that are new. */
  readonly added: readonly NodeEntry[];
  /** Entries of nodes that are gone. */
  readonly removed: readonly NodeEntry[];
  /** Nodes that stay, with another address, zone or cordon. */
  readonly changed: readonly ChangedNode[];
}

/** Compares two lists; the order of the nodes does not matter. */
export function diffNodes(before: readonly NodeEntry[], after: readonly NodeEntry[]): NodeDiff {
  const old = Map.groupBy(before, ({ name }) => name);
  const next = Map.groupBy(after, ({ name }) => name);
  const changed: ChangedNode[] = [];
  for (const [name, entries] of next) {
    const known = old.get(name);
    if (known && fingerprint(known) !== fingerprint(entries)) {
      changed.push({ name, before: known, after: entries });
    }
  }
  return {
    added: after.filter(({ name }) => !old.has(name)),
    removed: before.filter(({ name }) => !next.has(name)),
    changed,
  };
}

/** Whether nothing differs. */
export function isEmptyDiff({ added, removed, changed }: NodeDiff): boolean {
  return added.length + removed.length + changed.length === 0;
}

/** How many nodes (not addresses) are added, removed and changed: "+2 -1 ~0". */
export function diffCounts({ added, removed, changed }: NodeDiff): string {
  return `+${nodeCount(added)} -${nodeCount(removed)} ~${changed.length}`;
}

/** Number of nodes; one with two addresses counts once. */
export function nodeCount(entries: readonly NodeEntry[]): number {
  return new Set(entries.map(({ name }) => name)).size;
}

/** The difference for a person, a line a node. */
export function diffText({ added, removed, changed }: NodeDiff): string {
  const lines = [
    ...added.map((entry) => `  + ${entry.name}  ${describe(entry)}`),
    ...removed.map((entry) => `  - ${entry.name}  ${describe(entry)}`),
    ...changed.map(({ name, before, after }) =>
      `  ~ ${name}  ${before.map(describe).join(" and ")} -> ${after.map(describe).join(" and ")}`
    ),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function describe({ ipAddress, zone, cordoned }: NodeEntry): string {
  return [ipAddress, ...(zone ? [`zone ${zone}`] : []), ...(cordoned ? ["cordoned"] : [])]
    .join(", ");
}

function fingerprint(entries: readonly NodeEntry[]): string {
  return JSON.stringify(
    entries.map(({ ipAddress, zone, cordoned }) => [ipAddress, zone ?? "", cordoned ?? false])
      .toSorted((a, b) => String(a) < String(b) ? -1 : 1),
  );
}
