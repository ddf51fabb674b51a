import assert from "node:assert/strict";
import { parse } from "yaml";
import { parseValuesPath } from "./settings.ts";
import { valuesJson } from "./upgrade.ts";
import { nodesOfValuesFile, valuesYaml } from "./values_file.ts";

const keys = ["nodeping", "nodePing", "nodes"];
const nodes = [
  { name: "y", ipAddress: "10.0.0.1", zone: "1e3", cordoned: true },
  { name: 'quote"\\', ipAddress: "fd00::1" },
];
const document = { nodeping: { nodePing: { nodes } } };

Deno.test("valuesJson() and valuesYaml() say the same, whatever the names", () => {
  assert.deepEqual(JSON.parse(valuesJson(keys, nodes)), document);
  assert.deepEqual(parse(valuesYaml(keys, nodes)), document);
  assert.deepEqual(parse(valuesYaml(keys, [])), { nodeping: { nodePing: { nodes: [] } } });
});

Deno.test("nodesOfValuesFile() reads back what valuesYaml() wrote", () => {
  assert.deepEqual(nodesOfValuesFile(valuesYaml(keys, nodes), keys), nodes);
  assert.deepEqual(nodesOfValuesFile("", keys), []);
});

Deno.test("nodesOfValuesFile() refuses a file that holds anything else", () => {
  const refusal = /holds more than nodeping\.nodePing\.nodes/;
  assert.throws(() => nodesOfValuesFile("nodeping: {nodePing: {nodes: [], a: 1}}", keys), refusal);
  assert.throws(() => nodesOfValuesFile("other: 1", keys), refusal);
  for (const text of ["[]", "nodeping", "nodeping:"]) {
    assert.throws(() => nodesOfValuesFile(text, keys), refusal, text);
  }
});

Deno.test("parseValuesPath() wants at least two plain keys", () => {
  assert.deepEqual(parseValuesPath("nodePing.nodes"), ["nodePing", "nodes"]);
  for (const text of ["nodes", "a..b", "a.b c", ""]) assert.equal(parseValuesPath(text), undefined);
});
