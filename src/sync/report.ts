/** What sync reports: the outcome of a run for people and programs, and messages while it runs. @module */

import type { NodeEntry } from "../nodes/node_list.ts";
import { makeLog } from "../platform/log.ts";
import type { LogFields } from "../platform/log.ts";
import type { LeftOutNode } from "./node_choice.ts";
import { diffCounts, diffText, nodeCount } from "./node_diff.ts";
import type { NodeDiff } from "./node_diff.ts";

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
  return `${JSON.stringify(document)}\n`;
}

/** The report for a person. */
export function reportText(report: SyncReport): string {
  const left = report.leftOut.map(({ name, reason }) => `  left out ${name}: ${reason}\n`).join("");
  return `${headline(report)}\n${diffText(report.diff)}${left}`;
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
  const line = (message: string): void => write(`${isTerminal ? "\r\x1b[K" : ""}${message}\n`);
  return {
    notice: (message) => line(message),
    failure: (message) => line(`Error: ${message}`),
    status: (message) => isTerminal && write(`\r\x1b[K${message}`),
  };
}
