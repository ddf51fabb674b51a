/** What a new node list changes, and the report of a run for people and programs. @module */

import type { NodeEntry } from "../nodes/node_list.ts";
import type { LeftOutNode } from "./node_choice.ts";

/** A node that stays with another address, zone or mark. */
export interface ChangedNode {
  /** Of both. */
  readonly name: string;
  /** Entries in force, one for each address. */
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

/** The outcome of a run. */
export interface SyncReport {
  /**
   * none: nothing to do; pending: a dry run found changes; written: done; in-cluster: the release
   * syncs itself, so that nothing was written.
   */
  readonly action: "none" | "pending" | "written" | "in-cluster";
  /** Undefined where a file was written. */
  readonly release?: string;
  /** Namespace of the release. */
  readonly namespace?: string;
  /** The last revision: the one made, where one was. */
  readonly revision?: number;
  /** The file that holds the values. */
  readonly file?: string;
  /** The ConfigMap that the sync in the cluster writes. */
  readonly configMap?: string;
  /** The list that the cluster calls for. */
  readonly nodes: readonly NodeEntry[];
  /** What differs from the list in force. */
  readonly diff: NodeDiff;
  /** Nodes that are in no list, and why. */
  readonly leftOut: readonly LeftOutNode[];
}

/** The report as one JSON object. */
export function reportJson(report: SyncReport): string {
  const { diff, leftOut, nodes, ...rest } = report;
  const document = {
    ...rest,
    nodes: nodeCount(nodes),
    ...diff,
    leftOut: leftOut.map(({ name, reason }) => ({ name, reason })),
  };
  return `${JSON.stringify(document)}\n`;
}

/** The report for a person. */
export function reportText(report: SyncReport): string {
  const left = report.leftOut.map(({ name, reason }) => `  left out ${name}: ${reason}\n`).join("");
  return `${headline(report)}\n${diffText(report.diff)}${left}`;
}

function headline({ action, release, revision, file, configMap, diff, nodes }: SyncReport): string {
  const count = `${nodeCount(nodes)} nodes`;
  const where = file === undefined ? `Release "${release}"` : `"${file}"`;
  switch (action) {
    case "none":
      return `${where} is in step: ${count}, nothing to change`;
    case "pending":
      return `${where} would change: ${diffCounts(diff)}, ${count} then`;
    case "written":
      return file === undefined
        ? `${where} is at revision ${revision}: ${diffCounts(diff)}, ${count} now`
        : `${where} is written: ${diffCounts(diff)}, ${count} now`;
    case "in-cluster":
      return `${where} has sync.enabled: the sync in the cluster keeps ConfigMap "${configMap}", ` +
        `and nothing was written${
          isEmptyDiff(diff) ? "" : ` (the list of the last install differs by ${diffCounts(diff)})`
        }`;
  }
}
