/** One run of sync for GitOps: a values file, or the values on standard output. @module */

import { parse } from "yaml";
import type { NodeSource } from "../kubernetes/nodes.ts";
import { sizeRefusal } from "../nodes/node_list.ts";
import type { NodeEntry } from "../nodes/node_list.ts";
import { parseNodeList } from "../nodes/node_list_parser.ts";
import type { FileWriter } from "../platform/files.ts";
import { applyNodeRules, shrinkRefusal } from "./node_choice.ts";
import { diffNodes } from "./report.ts";
import type { SyncReport } from "./report.ts";
import { valueAt } from "./settings.ts";
import type { SyncOptions, SyncSettings } from "./settings.ts";
import { errorMessage } from "../platform/terminal.ts";

/** What a run on a values file is given. */
export interface ValuesFileDeps {
  /** Nodes of the cluster, by the settings. */
  readonly nodes: NodeSource;
  /** How nodes and addresses are chosen. */
  readonly settings: SyncSettings;
  /** Writes the file. */
  readonly files: FileWriter;
  /** Text of the file; undefined when there is none. */
  readonly readText: (path: string) => Promise<string | undefined>;
}

/** A run and the text of the values. */
export interface ValuesRun {
  /** What differs from the file. */
  readonly report: SyncReport;
  /** Text of the file. */
  readonly text: string;
}

/** Writes --values-file when it changes; without one, only makes the text. */
export async function syncValuesFile(
  deps: ValuesFileDeps,
  options: SyncOptions,
): Promise<ValuesRun> {
  const { settings, files } = deps;
  const path = options.valuesFile;
  const old = path === undefined
    ? undefined
    : await withFileNamed("read", path, deps.readText(path));
  const before = old === undefined ? [] : nodesInFile(old, options.valuesPath);
  const chosen = applyNodeRules(await deps.nodes(settings.selector), settings, before);
  const refusal = shrinkRefusal(before, chosen, settings.maxShrink) ??
    sizeRefusal(chosen.entries);
  if (refusal !== undefined) throw new Error(refusal);
  const text = valuesYaml(options.valuesPath, chosen.entries);
  const report = {
    ...(path === undefined ? {} : { file: path }),
    nodes: chosen.entries,
    leftOut: chosen.leftOut,
    diff: diffNodes(before, chosen.entries),
  };
  if (path === undefined || text === old) return { text, report: { ...report, action: "none" } };
  if (options.dryRun) return { text, report: { ...report, action: "pending" } };
  const parts = ReadableStream.from([new TextEncoder().encode(text)]);
  await withFileNamed("write", path, files.replace(path, parts));
  return { text, report: { ...report, action: "written" } };
}

/** Names flag and file where the system names only what it was asked for last. */
async function withFileNamed<T>(
  what: "read" | "write",
  path: string,
  work: Promise<T>,
): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const isMissing = cause instanceof Deno.errors.NotFound;
    const reason = errorMessage(cause);
    throw new Error(
      `Cannot ${what} --values-file "${path}": ${
        isMissing ? "its directory is not there" : reason
      }`,
      { cause },
    );
  }
}

/** What is invalid there is written anew. */
function nodesInFile(text: string, keys: readonly string[]): readonly NodeEntry[] {
  const result = parseNodeList(JSON.stringify(nodesOfValuesFile(text, keys)));
  return result.kind === "valid" ? result.list.nodes : [];
}

const header = "# Written by `helm nodeping sync`: changes by hand are overwritten.\n";

/** The same as YAML with a node a line, so that a change reads well in a pull request. */
export function valuesYaml(keys: readonly string[], nodes: readonly NodeEntry[]): string {
  const indent = "  ".repeat(keys.length);
  const lines = nodes.map((node) => `${indent}- ${JSON.stringify(node)}\n`);
  const path = keys.map((key, depth) => `${"  ".repeat(depth)}${key}:`).join("\n");
  return `${header}${path}${nodes.length === 0 ? " []\n" : `\n${lines.join("")}`}`;
}

/**
 * The nodes in a values file that sync wrote before, as they stand there. Throws when the file
 * holds anything else: it is somebody's, and would be lost.
 */
export function nodesOfValuesFile(text: string, keys: readonly string[]): unknown {
  let at: unknown = parse(text);
  if (at === undefined || at === null) return [];
  for (const key of keys) {
    const names = typeof at === "object" && at !== null ? Object.keys(at) : [];
    if (names.length !== 1 || names[0] !== key) {
      throw new Error(
        `The values file holds more than ${keys.join(".")}: give --values-file a file of its own`,
      );
    }
    at = valueAt(at, [key]);
  }
  return at ?? [];
}
