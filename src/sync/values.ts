/** The chart's values as sync reads and writes them. @module */

import { parse, parseAllDocuments } from "yaml";
import type { NodeEntry } from "../nodes/node_list.ts";

/** Where the node list stands in the values, unless --values-path says otherwise. */
export const defaultValuesPath = "nodePing.nodes";

/** The keys of a values path such as "nodeping.nodePing.nodes"; undefined when it is none. */
export function parseValuesPath(text: string): readonly string[] | undefined {
  const keys = text.split(".");
  return keys.length >= 2 && keys.every((key) => /^[\w-]+$/.test(key)) ? keys : undefined;
}

/** What stands at the keys; undefined when a key is missing on the way. */
export function valueAt(values: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>(
    (at, key) => typeof at === "object" && at !== null ? Reflect.get(at, key) : undefined,
    values,
  );
}

/** Values with the nodes at the keys and nothing else, as JSON, which is YAML as well. */
export function valuesJson(keys: readonly string[], nodes: readonly NodeEntry[]): string {
  const document = keys.reduceRight<unknown>(
    (inner, key) => ({ [key]: inner }),
    nodes.map(plainEntry),
  );
  return `${JSON.stringify(document)}\n`;
}

const header = "# Written by `helm nodeping sync`: changes by hand are overwritten.\n";

/** The same as YAML with a node a line, so that a change reads well in a pull request. */
export function valuesYaml(keys: readonly string[], nodes: readonly NodeEntry[]): string {
  const indent = "  ".repeat(keys.length);
  const lines = nodes.map((node) => `${indent}- ${JSON.stringify(plainEntry(node))}\n`);
  const path = keys.map((key, depth) => `${"  ".repeat(depth)}${key}:`).join("\n");
  return `${header}${path}${nodes.length === 0 ? " []\n" : `\n${lines.join("")}`}`;
}

/**
 * The nodes in a values file that sync wrote before, as they stand there. Throws when the file
 * holds anything else: it is somebody's, and would be lost.
 */
export function nodesOfValuesFile(text: string, keys: readonly string[]): unknown {
  let at: unknown = parseYaml(text);
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

function plainEntry({ name, ipAddress, zone, cordoned }: NodeEntry): NodeEntry {
  return { name, ipAddress, ...(zone ? { zone } : {}), ...(cordoned ? { cordoned } : {}) };
}

/** Reads one document; throws with line and column when the text is not YAML. */
export function parseYaml(text: string): unknown {
  return parse(text);
}

/** Reads the documents of a manifest, without the empty ones. */
export function parseYamlDocuments(text: string): unknown[] {
  return parseAllDocuments(text).map((document): unknown => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return document.toJS();
  }).filter((object) => object !== null && object !== undefined);
}
