/**
 * The node list of a large cluster: grouped by zone, so that it stays below the 1 MiB that a ConfigMap
 * may hold. `{"cluster_targets_by_zone": {ZONE: {NAME: ADDRESS or [ADDRESS, ...]}}, "cordoned": [NAME,
 * ...]}`; nodes without a zone are under "". The chart's templates/_nodes.tpl writes the same.
 *
 * @module
 */

import { jsonText } from "../json_text.ts";
import type { NodeEntry } from "./node_list.ts";

/** A plain list of more bytes is written grouped; smaller ones keep the form that everybody knows. */
export const largestPlainBytes = 500_000;

/** What the API server takes as data of a ConfigMap is 1 MiB; external targets need some of it. */
export const largestBytes = 1_028_576;

/** An entry with the place where it stands in the document. */
export type PlacedItem = readonly [at: string, item: unknown];

/** Takes one problem of a document: where it is, what stands there, and what to write. */
export type Problem = (field: string, value: unknown, remedy: string) => void;

/** The entries of a grouped list, one an address, not checked yet. */
export function groupedItems(
  groups: unknown,
  cordoned: unknown,
  problem: Problem,
): readonly PlacedItem[] {
  const field = "cluster_targets_by_zone";
  const names: readonly unknown[] = Array.isArray(cordoned) ? cordoned : [];
  if (!Array.isArray(cordoned)) problem("cordoned", cordoned, "write an array of node names");
  names.forEach((name, index) => {
    if (typeof name !== "string") problem(`cordoned[${index}]`, name, "write the name of a node");
  });
  const marked = new Set(names);
  return fieldsOf(groups, field, "write an object with an object for each zone", problem)
    .flatMap(([zone, nodes]) => {
      const at = `${field}${key(zone)}`;
      return fieldsOf(nodes, at, "write an object of node names and addresses", problem)
        .flatMap(([name, addresses]): PlacedItem[] => {
          const place = `${at}${key(name)}`;
          const all = [addresses].flat();
          if (all.length === 0) problem(place, addresses, "write at least one address");
          return all.map((ipAddress) => [
            place,
            { name, ipAddress, zone, cordoned: marked.has(name) },
          ]);
        });
    });
}

/** The text of nodes.json: the seed's array, or grouped where that is large. */
export function nodeListText(nodes: readonly NodeEntry[]): string {
  const plain = JSON.stringify(nodes);
  if (plain.length <= largestPlainBytes) return plain;
  const zones = [...Map.groupBy(nodes, ({ zone }) => zone ?? "")].map(([zone, own]) => {
    const byName = [...Map.groupBy(own, ({ name }) => name)].map(([name, entries]) => {
      const [first, ...others] = entries.map(({ ipAddress }) => ipAddress);
      return [name, others.length === 0 ? first : [first, ...others]];
    });
    return [zone, Object.fromEntries(byName)];
  });
  const cordoned = nodes.filter((node) => node.cordoned === true).map(({ name }) => name);
  return JSON.stringify({
    cluster_targets_by_zone: Object.fromEntries(zones),
    cordoned: [...new Set(cordoned)],
  });
}

/** Why a ConfigMap cannot hold the nodes; undefined when it can. */
export function sizeRefusal(nodes: readonly NodeEntry[]): string | undefined {
  const bytes = new TextEncoder().encode(nodeListText(nodes)).length;
  if (bytes <= largestBytes) return undefined;
  return `The list of ${nodes.length} addresses has ${bytes} bytes, and a ConfigMap holds 1 MiB ` +
    `(${largestBytes} of it for the list): choose fewer nodes with nodePing.selector or --selector`;
}

/** Shown in messages and logs: any text may stand here. */
function key(text: string): string {
  return `[${jsonText(text.slice(0, 80))}]`;
}

function fieldsOf(
  value: unknown,
  field: string,
  remedy: string,
  problem: Problem,
): readonly (readonly [string, unknown])[] {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return Object.entries(value);
  }
  problem(field, value, remedy);
  return [];
}
