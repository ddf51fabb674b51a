import assert from "node:assert/strict";
import { nodeListText, sizeRefusal } from "./node_list.ts";
import type { NodeEntry } from "./node_list.ts";
import { parseNodeList } from "./node_list_parser.ts";

/**
 * Names as long as a cloud makes them; every third node is dual stack, one in a hundred cordoned.
 */
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
    const [verdict = "", ...problems] = result.problems;
    assert.match(verdict, /^\d of \d entries are invalid: the whole list is refused$/);
    return problems.map((problem) => problem.split(" is ")[0]);
  };
  const inGroups = [
    'cluster_targets_by_zone["eu-a"]["node 2"].name',
    'cluster_targets_by_zone["eu-a"]["node 2"].name',
    'cluster_targets_by_zone["eu-a"]["node 2"].ipAddress',
    'cluster_targets_by_zone["eu-b"]',
    'cluster_targets_by_zone["eu-c"]["node-3"]',
  ];
  assert.deepEqual(fieldsOf("all"), ["cordoned", ...inGroups]);
  assert.deepEqual(fieldsOf(["node-1", 7, null]), ["cordoned[1]", "cordoned[2]", ...inGroups]);
});

Deno.test("parseNodeList() takes a name from a prototype for what it is: a name", () => {
  const text = '{"cluster_targets_by_zone": {"__proto__": {"constructor": "10.0.0.1"}}}';
  const result = parseNodeList(text);
  assert.ok(result.kind === "valid");
  assert.deepEqual(result.list.nodes, [
    { name: "constructor", ipAddress: "10.0.0.1", zone: "__proto__" },
  ]);
});

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
    '10.0.0.1 is the address of "old" and "new": it is probed once, for each',
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
    "6 of 6 entries are invalid: the whole list is refused",
    'cluster_targets[0].name is "a b": write the name of a Kubernetes node',
    'cluster_targets[0].ipAddress is "10.0.0.300": write an IPv4 or IPv6 address, or a host name',
    "cluster_targets[1].name is missing: write the name of a Kubernetes node",
    'cluster_targets[1].ipAddress is "fe80::1%eth0", which no other node can have: zone index; write an address that the other nodes can reach',
    "cluster_targets[1].zone is 3: write a short printable string, or leave it out",
    'cluster_targets[1].cordoned is "yes": write true or false, or leave it out',
    'cluster_targets[2] is "node-3": write an object with "name" and "ipAddress"',
    'external_targets[0].host is "-bad-": write an IPv4 or IPv6 address, or a host name',
    'external_targets[1].name is "two\\nlines": write a short printable string, or leave it out',
    'external_targets[2] is "example.org": write an object with "host"',
  ]);
});

Deno.test("parseNodeList() skips addresses that no other node can have, one by one", () => {
  const { list, problems, skipped } = valid({
    cluster_targets: [
      { name: "a", ipAddress: "127.0.1.1" },
      { name: "b", ipAddress: "10.0.0.2" },
      { name: "b", ipAddress: "fe80::1" },
    ],
    external_targets: [{ host: "localhost" }, { host: "192.0.2.1" }],
  });
  assert.deepEqual(list.nodes, [{ name: "b", ipAddress: "10.0.0.2" }]);
  assert.deepEqual(list.externalTargets, [{ name: "192.0.2.1", host: "192.0.2.1" }]);
  assert.deepEqual(skipped, { invalid: 0, unusable_address: 3 });
  assert.deepEqual(problems.map((problem) => problem.replace(/; write .*/, "")), [
    'cluster_targets[0].ipAddress is "127.0.1.1", which no other node can have: loopback',
    'cluster_targets[2].ipAddress is "fe80::1", which no other node can have: link-local',
    'external_targets[0].host is "localhost", which no other node can have: loopback',
  ]);
});

Deno.test("parseNodeList() skips malformed entries one by one, up to half of the list", () => {
  const good = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ name: `n${index}`, ipAddress: "10.0.0.1" }));
  const bad = { name: "n", ipAddress: "" };
  const { list, skipped, problems, problemCount } = valid([bad, ...good(2), bad]);
  assert.deepEqual(list.nodes, good(2));
  assert.deepEqual(skipped, { invalid: 2, unusable_address: 0 });
  assert.equal(problemCount, 2);
  assert.equal(
    problems[0],
    'cluster_targets[0].ipAddress is "": write an IPv4 or IPv6 address, or a host name',
  );
  assert.equal(parseNodeList(JSON.stringify([bad, ...good(1), bad])).kind, "invalid");
  const unusable = { name: "n", ipAddress: "127.0.0.1" };
  assert.equal(valid([unusable, unusable, ...good(1)]).list.nodes.length, 1);
});

Deno.test("parseNodeList() reads which family an external target is of", () => {
  const external = (target: object) => valid({ external_targets: [target, { host: "a" }] });
  assert.equal(
    external({ host: "example.org", ipFamily: "ipv6" }).list.externalTargets[0]?.ipFamily,
    "ipv6",
  );
  for (const ipFamily of [undefined, null, "dual"]) {
    const [first] = external({ host: "example.org", ipFamily }).list.externalTargets;
    assert.deepEqual(first, { name: "example.org", host: "example.org" });
  }
  assert.deepEqual(external({ host: "10.0.0.1", ipFamily: "ipv6" }).problems, [
    'external_targets[0].ipFamily is "ipv6": write "ipv4" or "dual", or leave it out',
  ]);
});

Deno.test("parseNodeList() keeps a hundred short texts of a list of mistakes, and counts the rest", () => {
  const result = parseNodeList(`[${Array(500_000).fill("0").join()}]`);
  assert.equal(result.kind, "invalid");
  assert.equal(result.problems.length, 102);
  assert.match(result.problems.at(-1) ?? "", /^and 499900 more$/);
  assert.equal(result.problemCount, 500_001);
  const long = Array.from({ length: 20_000 }, (_, index) => ({
    name: `node-${index}`.padEnd(60, "x"),
    ipAddress: "10.0.0.1",
  }));
  const { warnings } = valid(long);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", /^10\.0\.0\.1 is the address of "node-0x+" and /);
  assert.ok((warnings[0] ?? "").length <= 200);
});

Deno.test("parseNodeList() names a value that cannot be made text", () => {
  const strange = '{"toString": 1, "valueOf": 1}';
  assert.deepEqual(
    problems(`{"cluster_targets": [{"name": ${strange}, "ipAddress": "10.0.0.1"}],
      "external_targets": [{"name": ${strange}, "host": "10.0.0.2"}]}`),
    [
      "2 of 2 entries are invalid: the whole list is refused",
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

Deno.test("parseNodeList() does not parse what is nested without end, or is all brackets", () => {
  const entry = '{"name": "a", "ipAddress": "10.0.0.1", "more": X}';
  const nested = (depth: number) =>
    `[${entry.replace("X", `${"[".repeat(depth - 2)}${"]".repeat(depth - 2)}`)}]`;
  assert.equal(parseNodeList(nested(16)).kind, "valid");
  assert.deepEqual(problems(nested(17)), [
    "The node list is nested more than 16 deep: write a list",
  ]);
  const brackets = (count: number) => `[${entry.replace("X", `[${Array(count - 3).fill("{}")}]`)}]`;
  assert.equal(parseNodeList(brackets(60_000)).kind, "valid");
  assert.deepEqual(problems(brackets(60_001)), [
    "The node list has 60001 arrays and objects: more than 60000 are not read",
  ]);
  // In a text they are letters, and an escaped quotation mark ends none.
  const text = JSON.stringify('"\\"[{'.repeat(20_000));
  assert.equal(parseNodeList(`[${entry.replace("X", text)}]`).kind, "valid");
});

Deno.test("parseNodeList() takes 16 addresses of a name, and skips the others", () => {
  const addresses = Array.from({ length: 18 }, (_, index) => `10.0.0.${index + 1}`);
  const others = ["b", "c"].map((name) => ({ name, ipAddress: "10.0.1.1" }));
  const skippedTexts = ["17", "18"].map((last) =>
    `a has more than 16 addresses: 10.0.0.${last} is not probed`
  );
  for (
    const document of [
      [...addresses.map((ipAddress) => ({ name: "a", ipAddress })), ...others],
      { cluster_targets_by_zone: { "": { a: addresses, b: "10.0.1.1", c: "10.0.1.1" } } },
    ]
  ) {
    const { list: { nodes }, skipped, problems } = valid(document);
    assert.equal(nodes.length, 18);
    assert.deepEqual([skipped.invalid, problems], [2, skippedTexts]);
  }
  const external_targets = addresses.map((host) => ({ host, name: "a" }));
  assert.deepEqual(valid({ external_targets }).problems, skippedTexts);
  // However many they are, they say nothing of the other entries.
  const many = Array.from({ length: 1000 }, (_, index) => `10.1.${index >> 8}.${index & 255}`);
  const { list } = valid([...many.map((ipAddress) => ({ name: "a", ipAddress })), ...others]);
  assert.equal(list.nodes.length, 18);
});

Deno.test("parseNodeList() passes over the byte order mark that some editors write", () => {
  assert.deepEqual(parseNodeList('\ufeff[{"name": "a", "ipAddress": "10.0.0.1"}]'), {
    kind: "valid",
    list: { nodes: [{ name: "a", ipAddress: "10.0.0.1" }], externalTargets: [] },
    skipped: { invalid: 0, unusable_address: 0 },
    ...{ problems: [], problemCount: 0, warnings: [] },
  });
});
