/** Reads a release's rendered objects. @module */

import { listKey } from "../kubernetes/list_config_map.ts";
import { syncEnabledAnnotation } from "../kubernetes/live_config_map.ts";
import { parseNodeList } from "../nodes/node_list.ts";
import type { NodeList } from "../nodes/node_list.ts";
import { parseYamlDocuments } from "../yaml.ts";
import { valueAt } from "./values_document.ts";

/** The node list that a manifest puts in force: the one ConfigMap with the key nodes.json. */
export interface ListInForce {
  /** Name of the ConfigMap. */
  readonly configMap: string;
  /** As the agents read it. */
  readonly list: NodeList;
  /** As it is rendered. */
  readonly text: string;
}

/** Finds the list in force; throws when there is none, several, or one that cannot be read. */
export function listInForce(manifest: string): ListInForce {
  const found = parseYamlDocuments(manifest).filter((object) =>
    valueAt(object, ["kind"]) === "ConfigMap" && !isLive(object) &&
    typeof valueAt(object, ["data", listKey]) === "string"
  );
  const names = found.map((object) => String(valueAt(object, ["metadata", "name"])));
  const [configMap, ...others] = names;
  if (configMap === undefined) {
    throw new Error(`The release renders no ConfigMap with the key "${listKey}": not nodeping`);
  }
  if (others.length > 0) {
    throw new Error(
      `The release renders several node lists (${names.join(", ")}): sync cannot tell them apart`,
    );
  }
  const text = String(valueAt(found[0], ["data", listKey]));
  const result = parseNodeList(text);
  if (result.kind === "valid") return { configMap, list: result.list, text };
  throw new Error(
    `The release's node list (ConfigMap "${configMap}") is broken: ${result.problems.join("; ")}`,
  );
}

/** The live list of the in-cluster sync is not Helm's. */
function isLive(object: unknown): boolean {
  return valueAt(object, ["metadata", "annotations", syncEnabledAnnotation]) !== undefined;
}

/** Name of the Flux HelmRelease that made the objects; undefined when none did. */
export function fluxOwner(manifest: string): string | undefined {
  for (const object of parseYamlDocuments(manifest)) {
    const label = (key: string) =>
      valueAt(object, ["metadata", "labels", `helm.toolkit.fluxcd.io/${key}`]);
    if (label("name") !== undefined) return `${label("namespace") ?? ""}/${label("name")}`;
  }
  return undefined;
}

/** Objects that differ between two manifests, as "Kind name"; empty when they say the same. */
export function manifestDifferences(left: string, right: string): readonly string[] {
  if (left.trim() === right.trim()) return [];
  const [a, b] = [objectsByName(left), objectsByName(right)];
  return [...new Set([...a.keys(), ...b.keys()])].filter((name) => a.get(name) !== b.get(name));
}

function objectsByName(manifest: string): Map<string, string> {
  return new Map(
    parseYamlDocuments(manifest).map((object) => [
      `${valueAt(object, ["kind"])} ${valueAt(object, ["metadata", "name"])}`,
      JSON.stringify(sorted(object)),
    ]),
  );
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const pairs = Object.entries(value).map((
    [key, inner],
  ): [string, unknown] => [key, sorted(inner)]);
  return Object.fromEntries(pairs.toSorted(([a], [b]) => a < b ? -1 : 1));
}
