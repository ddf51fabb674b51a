import assert from "node:assert/strict";
import { readChartValues, readmeWithValues, schemaWithDescriptions } from "./chart_docs.ts";
import { markdownMarks } from "./marked_part.ts";

const yaml = `# The head of the file.

image:
  # -- Registry
  registry: ghcr.io
  # -- Tag, over
  # two lines
  tag: ""
# -- A map documented as a whole
resources:
  limits:
    memory: 128Mi
`;

Deno.test("readChartValues() reads nested values, first keys and wrapped comments", () => {
  assert.deepEqual(readChartValues(yaml), [
    { path: ["image", "registry"], description: "Registry", defaultValue: "ghcr.io" },
    { path: ["image", "tag"], description: "Tag, over two lines", defaultValue: "" },
    {
      path: ["resources"],
      description: "A map documented as a whole",
      defaultValue: { limits: { memory: "128Mi" } },
    },
  ]);
});

Deno.test("readChartValues() names every undocumented value", () => {
  assert.throws(
    () => readChartValues("a: 1\nb:\n  c: 2 # a comment, but no documentation\n# -- ok\nd: 3\n"),
    /no "# --" comment for a, b\.c$/,
  );
});

Deno.test("schemaWithDescriptions() puts descriptions first and keeps constraints", () => {
  const schema = JSON.stringify({ properties: { size: { type: "integer", description: "old" } } });
  const values = readChartValues("# -- Bytes\nsize: 56\n");
  const result = JSON.parse(schemaWithDescriptions(schema, values));
  assert.deepEqual(Object.entries(result.properties.size), [
    ["description", "Bytes"],
    ["type", "integer"],
  ]);
});

Deno.test("schemaWithDescriptions() refuses a value without schema and a schema without value", () => {
  const schema = JSON.stringify({ properties: { old: { type: "string" } } });
  assert.throws(
    () => schemaWithDescriptions(schema, readChartValues("# -- Bytes\nsize: 56\n")),
    /values\.schema\.json has no size; values\.yaml has no old/,
  );
});

Deno.test("readmeWithValues() replaces the table alone", () => {
  const { start, end } = markdownMarks("values.yaml");
  const values = readChartValues("# -- One | two\nsize: 56\n");
  const result = readmeWithValues(`before\n${start}\nold\n${end}\nafter\n`, values);
  assert.match(result, /^before\n/);
  assert.match(result, /\| `size` \| `56` \| One \\\| two \|/);
  assert.match(result, /\nafter\n$/);
  assert.doesNotMatch(result, /old/);
});

Deno.test("readmeWithValues() leaves a default that fills a page to values.yaml", () => {
  const { start, end } = markdownMarks("values.yaml");
  const long = `# -- Many\nmany: [${Array.from({ length: 100 }, (_, index) => index).join()}]\n`;
  const result = readmeWithValues(`${start}\n${end}\n`, readChartValues(long));
  assert.match(result, /\| `many` \| see \[values\.yaml\]\(values\.yaml\) \| Many \|/);
});
