/** The documentation of the chart's values, read from the comments of values.yaml. @module */

import { isMap, isScalar, parseDocument } from "yaml";
import type { Pair, YAMLMap } from "yaml";

/** One documented value. */
export interface ChartValue {
  /** Keys from the root: ["image", "tag"]. */
  readonly path: readonly string[];
  /** The text of its `# --` comment, as one line. */
  readonly description: string;
  readonly defaultValue: unknown;
}

/**
 * Reads every value with a `# --` comment, in the order of the file. A value without one must be a
 * map of documented values; all that is undocumented is reported in one error.
 */
export function readChartValues(yaml: string): readonly ChartValue[] {
  const document = parseDocument(yaml);
  if (document.errors[0]) throw document.errors[0];
  if (!isMap(document.contents)) throw new Error("values.yaml is not a map");
  const undocumented: string[] = [];
  const values = valuesOfMap(document.contents as YAMLMap, [], undocumented);
  if (undocumented.length > 0) {
    throw new Error(`values.yaml has no "# --" comment for ${undocumented.join(", ")}`);
  }
  return values;
}

function valuesOfMap(
  map: YAMLMap,
  parent: readonly string[],
  undocumented: string[],
): ChartValue[] {
  return map.items.flatMap((pair, index) => {
    const path = [...parent, keyOf(pair)];
    const description = documentation(commentBefore(map, pair, index));
    if (description !== undefined) {
      return [{ path, description, defaultValue: jsonOf(pair.value) }];
    }
    if (isMap(pair.value)) return valuesOfMap(pair.value as YAMLMap, path, undocumented);
    undocumented.push(path.join("."));
    return [];
  });
}

function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

/** The comment above a nested map's first key belongs to the map, in the reading of the library. */
function commentBefore(map: YAMLMap, pair: Pair, index: number): string {
  const own = isScalar(pair.key) ? pair.key.commentBefore : undefined;
  return own ?? (index === 0 ? map.commentBefore : undefined) ?? "";
}

function documentation(comment: string): string | undefined {
  const start = comment.lastIndexOf("-- ");
  if (start < 0) return undefined;
  return comment.slice(start + 3).replaceAll(/\s*\n\s*/g, " ").trim();
}

function jsonOf(node: unknown): unknown {
  return node !== null && typeof node === "object" && "toJSON" in node
    ? (node as { toJSON(): unknown }).toJSON()
    : node;
}
