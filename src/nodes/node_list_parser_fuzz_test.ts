import assert from "node:assert/strict";
import { parseNodeList } from "./node_list_parser.ts";
import { makeRandom, mutated } from "../../tests/fakes/random.ts";

const samples = [
  '[{"name": "node-1", "ipAddress": "10.0.0.11", "zone": "z1", "cordoned": true}]',
  '{"cluster_targets": [{"name": "a", "ipAddress": "fd00::1"}], "external_targets": null}',
  '{"cluster_targets": [], "external_targets": [{"host": "example.org", "name": "\\u00e9\\n"}]}',
  '{"cluster_targets_by_zone": {"z1": {"a": "10.0.0.1", "b": ["fd00::1"]}}, "cordoned": ["a"]}',
];

Deno.test("parseNodeList() never throws, and what it lets through is safe, on 10,000 mutated texts", () => {
  const random = makeRandom(1);
  let valid = 0;
  for (let i = 0; i < 10_000; i++) {
    const text = mutated(samples[i % samples.length] ?? "", random);
    const result = parseNodeList(text);
    if (result.kind === "invalid") {
      assert.ok(result.problems.length > 0, text);
      assert.doesNotMatch(result.problems.join(""), /\p{Cc}/u, text);
      continue;
    }
    valid++;
    const { nodes, externalTargets } = result.list;
    const addresses = [...nodes.map((n) => n.ipAddress), ...externalTargets.map((t) => t.host)];
    for (const address of addresses) assert.match(address, /^[a-z0-9_:][a-z0-9_.:-]*$/, text);
    for (const { name } of nodes) assert.match(name, /^[A-Za-z0-9][A-Za-z0-9_.-]*$/, text);
    const labels = [...nodes.map(({ zone }) => zone ?? ""), ...externalTargets.map((t) => t.name)];
    for (const label of labels) {
      assert.ok(!/\p{Cc}/u.test(label) && label.isWellFormed(), JSON.stringify(label));
    }
  }
  assert.ok(valid > 500, `${valid} of the texts stayed valid`);
});

Deno.test("parseNodeList() takes values of every type at every place", () => {
  const values = [null, true, 0, -1.5, "", "x", "10.0.0.1", [], [[]], {}, { name: {} }, "\ud800"];
  for (const a of values) {
    for (const b of values) {
      const entry = { name: a, ipAddress: b, zone: a, cordoned: b, host: a };
      for (const document of [[entry], entry, { cluster_targets: a, external_targets: b }]) {
        parseNodeList(JSON.stringify(document));
        parseNodeList(JSON.stringify({ cluster_targets_by_zone: { z: { n: a } }, cordoned: b }));
        parseNodeList(JSON.stringify({ cluster_targets_by_zone: { z: a, y: b }, cordoned: a }));
      }
      parseNodeList(JSON.stringify({ cluster_targets: [entry], external_targets: [entry, a] }));
    }
  }
});

Deno.test("parseNodeList() refuses a text that is nested without end", () => {
  for (const open of ["[", '{"cluster_targets":[', '[{"name":']) {
    assert.equal(parseNodeList(open.repeat(50_000)).kind, "invalid");
  }
  const nested = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;
  assert.equal(parseNodeList(nested).kind, "invalid");
});
