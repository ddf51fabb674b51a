import assert from "node:assert/strict";
import { parseNodeList } from "./node_list.ts";

function valid(document: unknown): Extract<ReturnType<typeof parseNodeList>, { kind: "valid" }> {
  const result = parseNodeList(JSON.stringify(document));
  assert.ok(result.kind === "valid", JSON.stringify(result));
  return result;
}

function problems(text: string): readonly string[] {
  const result = parseNodeList(text);
  assert.ok(result.kind === "invalid", JSON.stringify(result));
  return result.problems;
}

Deno.test("parseNodeList() reads the article's array", () => {
  assert.deepEqual(valid([{ name: "node-1", ipAddress: "10.0.0.11" }]).list, {
    nodes: [{ name: "node-1", ipAddress: "10.0.0.11" }],
    externalTargets: [],
  });
});

Deno.test("parseNodeList() reads the object form, null sections and optional fields", () => {
  const { list } = valid({
    cluster_targets: [
      { name: "a", ipAddress: "fd00:0::1", zone: "z1", cordoned: true },
      { name: "b", ipAddress: "10.0.0.2", zone: "", cordoned: false, rack: "unknown key" },
    ],
    external_targets: [{ host: "example.org" }, { host: "192.0.2.1", name: "gate way" }],
  });
  assert.deepEqual(list, {
    nodes: [
      { name: "a", ipAddress: "fd00::1", zone: "z1", cordoned: true },
      { name: "b", ipAddress: "10.0.0.2" },
    ],
    externalTargets: [
      { name: "example.org", host: "example.org" },
      { name: "gate way", host: "192.0.2.1" },
    ],
  });
  assert.deepEqual(valid({ cluster_targets: [], external_targets: null }).list.externalTargets, []);
});

Deno.test("parseNodeList() keeps several addresses of a node and drops repetitions with a warning", () => {
  const { list, warnings } = valid([
    { name: "a", ipAddress: "10.0.0.1" },
    { name: "a", ipAddress: "fd00::1" },
    { name: "a", ipAddress: "10.0.0.1", zone: "z" },
  ]);
  assert.deepEqual(list.nodes.map((node) => node.ipAddress), ["10.0.0.1", "fd00::1"]);
  assert.deepEqual(warnings, [
    "a at 10.0.0.1 stands in the list more than once: it is probed once",
  ]);
});

Deno.test("parseNodeList() warns of one address under two names", () => {
  const { list, warnings } = valid([
    { name: "old", ipAddress: "10.0.0.1" },
    { name: "new", ipAddress: "10.0.0.1" },
  ]);
  assert.equal(list.nodes.length, 2);
  assert.deepEqual(warnings, [
    '"old" and "new" share the address 10.0.0.1: it is probed once, for each',
  ]);
});

Deno.test("parseNodeList() names every problem by field and value", () => {
  const text = JSON.stringify({
    cluster_targets: [
      { name: "a b", ipAddress: "10.0.0.300" },
      { ipAddress: "fe80::1%eth0", zone: 3, cordoned: "yes" },
      "node-3",
    ],
    external_targets: [
      { host: "-bad-" },
      { host: "example.org", name: "two\nlines" },
      "example.org",
    ],
  });
  assert.deepEqual(problems(text), [
    'cluster_targets[0].name is "a b": write the name of a Kubernetes node',
    'cluster_targets[0].ipAddress is "10.0.0.300": write an IPv4 or IPv6 address without zone index, or a host name',
    "cluster_targets[1].name is missing: write the name of a Kubernetes node",
    'cluster_targets[1].ipAddress is "fe80::1%eth0": write an IPv4 or IPv6 address without zone index, or a host name',
    "cluster_targets[1].zone is 3: write a short printable string, or leave it out",
    'cluster_targets[1].cordoned is "yes": write true or false, or leave it out',
    'cluster_targets[2] is "node-3": write an object with "name" and "ipAddress"',
    'external_targets[0].host is "-bad-": write an IPv4 or IPv6 address without zone index, or a host name',
    'external_targets[1].name is "two\\nlines": write a short printable string, or leave it out',
    'external_targets[2] is "example.org": write an object with "host"',
  ]);
});

Deno.test("parseNodeList() names a value that cannot be made text", () => {
  const odd = '{"toString": 1, "valueOf": 1}';
  assert.deepEqual(
    problems(`{"cluster_targets": [{"name": ${odd}, "ipAddress": "10.0.0.1"}],
      "external_targets": [{"name": ${odd}, "host": "10.0.0.2"}]}`),
    [
      'cluster_targets[0].name is {"toString":1,"valueOf":1}: write the name of a Kubernetes node',
      'external_targets[0].name is {"toString":1,"valueOf":1}: write a short printable string, or leave it out',
    ],
  );
});

Deno.test("parseNodeList() refuses other documents", () => {
  assert.match(problems("")[0] ?? "", /^Cannot read the node list as JSON: /);
  assert.match(problems("[{")[0] ?? "", /^Cannot read the node list as JSON: /);
  for (const text of ["null", "3", '"a"', "{}", '{"nodes": []}']) {
    assert.match(problems(text)[0] ?? "", /^The node list is .*: write an array of/);
  }
  assert.deepEqual(problems('{"cluster_targets": {"a": "10.0.0.1"}}'), [
    'cluster_targets is {"a":"10.0.0.1"}: write an array',
  ]);
});

Deno.test("parseNodeList() passes over the byte order mark that some editors write", () => {
  assert.deepEqual(parseNodeList('\ufeff[{"name": "a", "ipAddress": "10.0.0.1"}]'), {
    kind: "valid",
    list: { nodes: [{ name: "a", ipAddress: "10.0.0.1" }], externalTargets: [] },
    warnings: [],
  });
});
