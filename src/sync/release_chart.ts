/**
 * Takes the chart out of a release. `helm get all --template` shows it whatever HELM_DRIVER stores
 * it in; text/template has no JSON, so a recursive template writes values with strings in hex.
 *
 * @module
 */

/** The template for `helm get all --template`. */
export const chartTemplate: string = [
  '{{define "v"}}{{$t := printf "%T" .}}',
  '{{if eq $t "map[string]interface {}"}}{"m":[{{$f := true}}{{range $k, $v := .}}',
  '{{if $f}}{{$f = false}}{{else}},{{end}}["{{printf "%x" $k}}",{{template "v" $v}}]{{end}}]}',
  '{{else if eq $t "[]interface {}"}}{"l":[{{$f := true}}{{range .}}',
  '{{if $f}}{{$f = false}}{{else}},{{end}}{{template "v" .}}{{end}}]}',
  '{{else if eq $t "string"}}{"s":"{{printf "%x" .}}"}',
  '{{else if eq $t "<nil>"}}{"r":"null"}',
  '{{else}}{"r":"{{printf "%v" .}}"}{{end}}{{end}}',
  '{{define "f"}}[{{$f := true}}{{range .}}{{if $f}}{{$f = false}}{{else}},{{end}}',
  '["{{printf "%x" .Name}}","{{printf "%x" .Data}}"]{{end}}]{{end}}',
  "{{with .Release.Chart}}",
  '{"metadata":{',
  ...["Name", "Version", "AppVersion", "KubeVersion", "Type", "Description", "Home", "Icon"].map(
    (field) => `"${field}":"{{printf "%x" .Metadata.${field}}}",`,
  ),
  '"APIVersion":"{{printf "%x" .Metadata.APIVersion}}"},',
  '"keywords":[{{$f := true}}{{range .Metadata.Keywords}}{{if $f}}{{$f = false}}{{else}},{{end}}',
  '"{{printf "%x" .}}"{{end}}],',
  '"annotations":[{{$f := true}}{{range $k, $v := .Metadata.Annotations}}',
  '{{if $f}}{{$f = false}}{{else}},{{end}}["{{printf "%x" $k}}","{{printf "%x" $v}}"]{{end}}],',
  '"dependencies":{{len .Metadata.Dependencies}},',
  '"values":{{template "v" .Values}},"schema":"{{printf "%x" .Schema}}",',
  '"templates":{{template "f" .Templates}},"files":{{template "f" .Files}}}',
  "{{end}}",
].join("");

/** A file of a chart, with its path inside the chart's directory. */
export interface ChartFile {
  /** Within the chart's folder. */
  readonly path: string;
  /** Content. */
  readonly bytes: Uint8Array;
}

type Hex = string;
type Value =
  | { readonly m: readonly (readonly [Hex, Value])[] }
  | { readonly l: readonly Value[] }
  | { readonly s: Hex }
  | { readonly r: string };

interface Dump {
  readonly metadata: Readonly<Record<string, Hex>>;
  readonly keywords: readonly Hex[];
  readonly annotations: readonly (readonly [Hex, Hex])[];
  readonly dependencies: number;
  readonly values: Value;
  readonly schema: Hex;
  readonly templates: readonly (readonly [Hex, Hex])[];
  readonly files: readonly (readonly [Hex, Hex])[];
}

/** Reads what {@linkcode chartTemplate} printed; throws for an umbrella chart. */
export function chartFiles(output: string): ChartFile[] {
  const dump = JSON.parse(output) as Dump;
  if (dump.dependencies > 0) {
    throw new Error(
      "The release is of an umbrella chart, and Helm does not keep subcharts in the release: " +
        "give the chart with --chart, and where the nodes stand with --values-path",
    );
  }
  const schema = unhex(dump.schema);
  return [
    { path: "Chart.yaml", bytes: json(chartYaml(dump)) },
    { path: "values.yaml", bytes: json(decode(dump.values)) },
    ...(schema.length === 0 ? [] : [{ path: "values.schema.json", bytes: schema }]),
    ...[...dump.templates, ...dump.files].map(([name, data]) => ({
      path: safePath(text(name)),
      bytes: unhex(data),
    })),
  ];
}

function chartYaml(dump: Dump): Record<string, unknown> {
  const fields = Object.entries(dump.metadata).map(([name, hex]): [string, string] => [
    name === "APIVersion" ? "apiVersion" : `${name.charAt(0).toLowerCase()}${name.slice(1)}`,
    text(hex),
  ]);
  return {
    ...Object.fromEntries(fields.filter(([, value]) => value !== "")),
    keywords: dump.keywords.map(text),
    annotations: Object.fromEntries(dump.annotations.map((pair) => pair.map(text))),
  };
}

/** A number is passed on as Go printed it; JSON is YAML, so 1e+06 stays a number. */
function decode(value: Value): unknown {
  if ("m" in value) {
    return Object.fromEntries(value.m.map(([key, inner]) => [text(key), decode(inner)]));
  }
  if ("l" in value) return value.l.map(decode);
  if ("s" in value) return text(value.s);
  return JSON.parse(value.r);
}

/** Names come from the cluster: none may leave the chart's directory. */
function safePath(path: string): string {
  if (path.startsWith("/") || path.split(/[/\\]/).includes("..")) {
    throw new Error(`The release's chart holds a file named "${path}"`);
  }
  return path;
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function text(hex: Hex): string {
  return new TextDecoder().decode(unhex(hex));
}

function unhex(hex: Hex): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2);
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = parseInt(hex.slice(at * 2, at * 2 + 2), 16);
  }
  return bytes;
}
