/** The documentation of the chart's values, made of the comments in values.yaml. @module */

import { isMap, isScalar, parse, parseDocument, stringify } from "yaml";
import type { Pair, YAMLMap } from "yaml";
import { markdownMarks, withMarkedPart } from "./marked_part.ts";

/** A JSON schema, as far as descriptions are concerned. */
interface Schema {
  description?: string;
  properties?: Record<string, Schema>;
}

/** The README with its table of values brought up to date. */
export function readmeWithValues(readme: string, values: readonly ChartValue[]): string {
  const rows = values.map(({ path, defaultValue, description }) =>
    `| \`${path.join(".")}\` | ${defaultCell(defaultValue)} | ${
      description.replaceAll("|", "\\|")
    } |`
  );
  const table = ["| Value | Default | Meaning |", "| --- | --- | --- |", ...rows].join("\n");
  return withMarkedPart(readme, markdownMarks("values.yaml"), `\n${table}\n`);
}

/** A longer default would make a cell that nobody can read. */
const maxDefaultLength = 200;

function defaultCell(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > maxDefaultLength ? "see [values.yaml](values.yaml)" : `\`${text}\``;
}

/**
 * The schema with the values' descriptions. Throws, naming all of them, when a value is not in the
 * schema, or a property of the schema is not in values.yaml.
 */
export function schemaWithDescriptions(schemaText: string, values: readonly ChartValue[]): string {
  const schema = JSON.parse(schemaText) as Schema;
  const problems: string[] = [];
  for (const { path, description } of values) {
    const property = path.reduce<Schema | undefined>((at, key) => at?.properties?.[key], schema);
    if (property === undefined) problems.push(`values.schema.json has no ${path.join(".")}`);
    else describe(property, description);
  }
  const paths = new Set(values.map((value) => value.path.join(".")));
  for (const path of leafPaths(schema, [])) {
    if (![...paths].some((known) => path === known || path.startsWith(`${known}.`))) {
      problems.push(`values.yaml has no ${path}`);
    }
  }
  if (problems.length > 0) throw new Error(problems.join("; "));
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

/** Sets the description as the first key, where a reader looks for it. */
function describe(property: Schema, description: string): void {
  const { description: _, ...constraints } = property;
  for (const key of Object.keys(property)) delete property[key as keyof Schema];
  Object.assign(property, { description }, constraints);
}

function leafPaths(schema: Schema, path: readonly string[]): string[] {
  const children = Object.entries(schema.properties ?? {});
  if (children.length === 0) return [path.join(".")];
  return children.flatMap(([key, child]) => leafPaths(child, [...path, key]));
}

/** The template with the defaults of all values, which a template cannot read from values.yaml. */
export function defaultsTemplate(yaml: string): string {
  return "{{/* Made by `deno task generate` from values.yaml. */}}\n" +
    `{{- define "nodeping.defaultValues" -}}\n${stringify(parse(yaml))}{{- end }}\n`;
}

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
