import assert from "node:assert/strict";
import { chartFiles } from "./release_chart.ts";

function hex(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

function dump(fields: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    metadata: { Name: hex("nodeping"), APIVersion: hex("v2"), KubeVersion: "" },
    keywords: [],
    annotations: [[hex("a/b"), hex("ü")]],
    dependencies: 0,
    values: {
      m: [[hex("n"), { r: "1e+06" }], [hex("z"), { r: "null" }], [hex("l"), { l: [{ s: "" }] }]],
    },
    schema: "",
    templates: [[hex("templates/x.yaml"), hex("{{ 1 }}")]],
    files: [],
    ...fields,
  });
}

Deno.test("chartFiles() writes the chart as it was", () => {
  const files = chartFiles(dump()).map((
    { path, bytes },
  ) => [path, new TextDecoder().decode(bytes)]);
  assert.deepEqual(Object.fromEntries(files), {
    "Chart.yaml": '{"name":"nodeping","apiVersion":"v2","keywords":[],"annotations":{"a/b":"ü"}}',
    "values.yaml": '{"n":1000000,"z":null,"l":[""]}',
    "templates/x.yaml": "{{ 1 }}",
  });
});

Deno.test("chartFiles() refuses umbrella charts and names that leave the directory", () => {
  assert.throws(() => chartFiles(dump({ dependencies: 1 })), /umbrella chart.*--chart/);
  for (const path of ["../x", "/etc/x", "a/../../x"]) {
    assert.throws(() => chartFiles(dump({ files: [[hex(path), ""]] })), /holds a file named/);
  }
});

Deno.test("chartFiles() writes the schema of the values where the chart has one", () => {
  const schema = chartFiles(dump({ schema: hex('{"type":"object"}') }))
    .find(({ path }) => path === "values.schema.json");
  assert.equal(new TextDecoder().decode(schema?.bytes), '{"type":"object"}');
});
