import assert from "node:assert/strict";
import { groupedItems, nodeListText, sizeRefusal } from "./grouped_nodes.ts";
import { parseNodeList } from "./node_list.ts";
import type { NodeEntry } from "./node_list.ts";

/** Names as long as a cloud makes them; every third node is dual stack, one in a hundred cordoned. */
function nodes(count: number, bothFamilies = (index: number) => index % 3 === 0): NodeEntry[] {
  return Array.from({ length: count }, (_, index) => {
    const address = `10.${100 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`;
    const node = {
      name: `ip-${address.replaceAll(".", "-")}.eu-central-1.compute.internal`,
      ipAddress: address,
      ...(index % 4 > 0 ? { zone: `eu-central-1${"abc"[index % 3]}` } : {}),
      ...(index % 100 === 0 ? { cordoned: true } : {}),
    };
    const second = {
      ...node,
      ipAddress: `2a05:d014:1234:ab00:cdef:1:${(index >> 8) + 1}:${index & 255}`,
    };
    return bothFamilies(index) ? [node, second] : [node];
  }).flat();
}

function byName(list: readonly NodeEntry[]): readonly NodeEntry[] {
  return list.toSorted((a, b) => a.name < b.name ? -1 : 1);
}

Deno.test("nodeListText() keeps the seed's array for what is not large", () => {
  const list = nodes(1000);
  assert.deepEqual(JSON.parse(nodeListText(list)), list);
});

Deno.test("parseNodeList() reads back what nodeListText() grouped", () => {
  const list = nodes(6000);
  const text = nodeListText(list);
  assert.match(text, /^\{"cluster_targets_by_zone":/);
  assert.match(text, /"ip-10-100-0-1\.eu[^"]*":"10\.100\.0\.1"/, "one address is no array");
  assert.match(text, /"ip-10-100-0-0\.eu[^"]*":\["10\.100\.0\.0","2a05:[^"]*"\]/);
  const result = parseNodeList(text);
  assert.ok(result.kind === "valid");
  assert.deepEqual(byName(result.list.nodes), byName(list));
});

Deno.test("sizeRefusal() lets 15,500 nodes with long names pass, and 10,000 of dual stack", () => {
  assert.equal(sizeRefusal(nodes(15_500, () => false)), undefined);
  assert.equal(sizeRefusal(nodes(10_000, () => true)), undefined);
  assert.match(
    sizeRefusal(nodes(20_000, () => false)) ?? "",
    /^The list of 20000 addresses has \d+ bytes, .* 1 MiB .*: choose fewer nodes with nodePing\.selector/,
  );
});

Deno.test("parseNodeList() says where in a grouped list something is wrong", () => {
  const grouped = {
    "eu-a": { "node-1": "10.0.0.1", "node 2": ["10.0.0.2", "nowhere:"] },
    "eu-b": [],
    "eu-c": { "node-3": [] },
  };
  const fieldsOf = (cordoned: unknown) => {
    const text = JSON.stringify({ cluster_targets_by_zone: grouped, cordoned });
    const result = parseNodeList(text);
    assert.ok(result.kind === "invalid");
    return result.problems.map((problem) => problem.split(" is ")[0]);
  };
  const inGroups = [
    'cluster_targets_by_zone["eu-b"]',
    'cluster_targets_by_zone["eu-c"]["node-3"]',
    'cluster_targets_by_zone["eu-a"]["node 2"].name',
    'cluster_targets_by_zone["eu-a"]["node 2"].name',
    'cluster_targets_by_zone["eu-a"]["node 2"].ipAddress',
  ];
  assert.deepEqual(fieldsOf("all"), ["cordoned", ...inGroups]);
  assert.deepEqual(fieldsOf(["node-1", 7, null]), ["cordoned[1]", "cordoned[2]", ...inGroups]);
});

Deno.test("groupedItems() takes a name from a prototype for what it is: a name", () => {
  const problem = () => assert.fail();
  const document = JSON.parse('{"__proto__": {"constructor": "10.0.0.1"}}');
  assert.deepEqual(groupedItems(document, [], problem), [[
    'cluster_targets_by_zone["__proto__"]["constructor"]',
    { name: "constructor", ipAddress: "10.0.0.1", zone: "__proto__", cordoned: false },
  ]]);
});
