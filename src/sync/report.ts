/** What a run of sync changes and reports, for people and programs, and its messages while it runs. @module */

import { nodeCount } from "../nodes/node_list.ts";
import type { NodeEntry } from "../nodes/node_list.ts";
import { makeLog } from "../platform/log.ts";
import type { LogFields } from "../platform/log.ts";
import { eraseLine, jsonText, printable, printableMessage } from "../platform/terminal.ts";
import type { LeftOutNode } from "./node_choice.ts";

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

/** The difference for a person, a line a node. */
export function diffText({ added, removed, changed }: NodeDiff): string {
  const lines = [
    ...added.map((entry) => `  + ${entry.name}  ${describe(entry)}`),
    ...removed.map((entry) => `  - ${entry.name}  ${describe(entry)}`),
    ...changed.map(({ name, before, after }) =>
      `  ~ ${name}  ${before.map(describe).join(" and ")} -> ${after.map(describe).join(" and ")}`
    ),
  ];
  return lines.map((line) => `${printable(line)}\n`).join("");
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
   * none: nothing to do; pending: a dry run found changes; written: done.
   */
  readonly action: "none" | "pending" | "written";
  /** Undefined where a file was written. */
  readonly release?: string;
  /** Namespace of the release. */
  readonly namespace?: string;
  /** The last revision: the one made, where one was. */
  readonly revision?: number;
  /** The file that holds the values. */
  readonly file?: string;
  /** The ConfigMap that the sync in the cluster writes, where the release has one. */
  readonly configMap?: string;
  /** The list that the cluster calls for. */
  readonly nodes: readonly NodeEntry[];
  /** What differs from the current list. */
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
  return `${jsonText(document)}\n`;
}

/** The report for a person. */
export function reportText(report: SyncReport): string {
  const left = report.leftOut
    .map(({ name, reason }) => `  left out ${printable(name)}: ${printable(reason)}\n`).join("");
  return `${printable(headline(report))}\n${diffText(report.diff)}${left}`;
}

function headline(report: SyncReport): string {
  const { action, release, revision, file, configMap, diff, nodes } = report;
  const count = `${nodeCount(nodes)} nodes`;
  const where = file === undefined ? `Release "${release}"` : `"${file}"`;
  const fallback = release === undefined || configMap === undefined
    ? ""
    : "; agents fall back to " +
      `this list: the sync in the cluster keeps the one that wins, ConfigMap "${configMap}"`;
  switch (action) {
    case "none":
      return `${where} is in step: ${count}, nothing to change${fallback}`;
    case "pending":
      return `${where} would change: ${diffCounts(diff)}, ${count} then${fallback}`;
    case "written":
      return file === undefined
        ? `${where} is at revision ${revision}: ${diffCounts(diff)}, ${count} now${fallback}`
        : `${where} is written: ${diffCounts(diff)}, ${count} now`;
  }
}

/** Messages while sync runs. */
export interface Notices {
  /** Something worth knowing. */
  readonly notice: (message: string, fields?: LogFields) => void;
  /** Something failed. */
  readonly failure: (message: string, fields?: LogFields) => void;
  /** The state now: replaced in place on a terminal, dropped elsewhere. */
  readonly status: (message: string) => void;
}

/** Settings of {@linkcode makeNotices}. */
export interface NoticeOptions {
  /** Standard error. */
  readonly write: (text: string) => void;
  /** Whether a line can be replaced in place. */
  readonly isTerminal: boolean;
  /** Log lines with time and level instead of sentences. */
  readonly isLog: boolean;
  /** Unix time in milliseconds. */
  readonly wallMs: () => number;
}

/** Makes notices. */
export function makeNotices({ write, isTerminal, isLog, wallMs }: NoticeOptions): Notices {
  if (isLog) {
    const log = makeLog({ level: "info", format: "logfmt", write, wallMs });
    return { notice: log.info, failure: log.error, status: () => {} };
  }
  const show = (text: string): void => {
    if (isTerminal) eraseLine();
    write(text);
  };
  return {
    notice: (message) => show(`${printableMessage(message)}\n`),
    failure: (message) => show(`Error: ${printableMessage(message)}\n`),
    status: (message) => isTerminal && show(printable(message)),
  };
}
