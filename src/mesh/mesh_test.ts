import assert from "node:assert/strict";
import { buildMesh, withNodeObjects } from "./mesh.ts";
import type { SourceReport } from "./source_report.ts";

function report(source: string, destinations: readonly string[], written = 1000): SourceReport {
  return {
    source,
    totals: destinations.map((destination) => ({
      destination,
      address: destination,
      kind: "node",
      sent: 10,
      received: 10,
    })),
    cordoned: [],
    measuring: true,
    writtenSeconds: written,
  };
}

Deno.test("buildMesh() takes a probed node without a report, a stopped and a blind one as silent", () => {
  const blind = { ...report("c", ["a"]), measuring: false };
  const mesh = buildMesh(
    [report("a", ["b", "c", "d"]), report("b", ["a"], 900), blind],
    [{ source: "e", reason: "refused" }],
    "no file",
  );
  assert.deepEqual(mesh.sources.map((source) => [source.name, source.silent, source.reason]), [
    ["a", false, undefined],
    ["b", true, "its last report is 100 s older than those of the others"],
    ["c", true, "its agent cannot measure (no privileges, or a filter on its probes): see its log"],
    ["d", true, "no file"],
    ["e", true, "refused"],
  ]);
  assert.deepEqual(new Set(mesh.pairs.map((pair) => pair.source)), new Set(["a"]));
});

Deno.test("buildMesh() says that an agent has names to probe, and no address", () => {
  const [totals] = report("a", ["b"]).totals;
  assert.ok(totals);
  const unresolved = { ...report("a", []), addresses: 0, totals: [{ ...totals, sent: 0 }] };
  const mesh = buildMesh([unresolved, report("b", ["a"])], [], "no file");
  const [source] = mesh.sources;
  assert.match(source?.reason ?? "", /no address to probe: no host name of its list resolves/);
});

Deno.test("buildMesh() says that an agent has no list, not that it lacks privileges", () => {
  const waiting = { ...report("a", []), measuring: false, refusedList: true } as const;
  const [source] = buildMesh([waiting, report("b", ["a"])], [], "no file").sources;
  assert.equal(source?.reason, "its agent has no node list yet: see its log");
});

Deno.test("buildMesh() keeps externals apart and marks cordoned nodes and zones", () => {
  const [totals] = report("a", ["b"]).totals;
  assert.ok(totals);
  const mesh = buildMesh(
    [{
      ...report("a", []),
      zone: "one",
      cordoned: ["b", "gone"],
      totals: [{ ...totals, zone: "two" }, { ...totals, kind: "external", destination: "x" }],
    }],
    [],
    "",
  );
  assert.deepEqual(mesh.nodes, [
    { name: "a", zone: "one" },
    { name: "b", zone: "two", cordoned: true },
  ]);
  assert.deepEqual(mesh.externals.map((pair) => pair.destination), ["x"]);
});

Deno.test("buildMesh() keeps the zone of a node that does not report itself", () => {
  const [totals] = report("a", ["b"]).totals;
  assert.ok(totals);
  const zoned = { ...report("a", []), totals: [{ ...totals, zone: "two" }] };
  const mesh = buildMesh([zoned, report("c", ["b"])], [{ source: "b", reason: "refused" }], "");
  assert.deepEqual(mesh.nodes, [{ name: "a" }, { name: "b", zone: "two" }, { name: "c" }]);
  assert.deepEqual(mesh.sources[1], { name: "b", zone: "two", silent: true, reason: "refused" });
});

Deno.test("buildMesh() goes by what most clocks say: one that is ahead makes nobody silent", () => {
  const names = ["a", "b", "c", "d", "e"];
  const mesh = buildMesh(
    names.map((name) =>
      report(
        name,
        names.filter((one) => one !== name),
        name === "b" ? 5000 : name === "c" ? 800 : 1000,
      )
    ),
    [],
    "no file",
  );
  assert.deepEqual(mesh.sources.filter(({ silent }) => silent), [
    { name: "c", silent: true, reason: "its last report is 200 s older than those of the others" },
  ]);
});

Deno.test("buildMesh() takes a source as silent that sent nothing, not one that was given a new node", () => {
  const unsent = { address: "new", kind: "node", sent: 0, received: 0 } as const;
  const grown = report("a", ["b", "c"]);
  const stuck = report("b", []);
  const mesh = buildMesh(
    [
      { ...grown, totals: [...grown.totals, { ...unsent, destination: "new" }] },
      { ...stuck, totals: ["a", "c"].map((destination) => ({ ...unsent, destination })) },
      report("c", []),
    ],
    [],
    "no file",
  );
  assert.deepEqual(mesh.sources, [
    { name: "a", silent: false },
    { name: "b", silent: true, reason: "its agent sent no probe in the time looked at" },
    { name: "c", silent: false },
    { name: "new", silent: true, reason: "no file" },
  ]);
});

Deno.test("withNodeObjects() calls stale what the cluster does not have and no data come from", () => {
  const mesh = buildMesh([report("a", ["b", "c"]), report("b", ["a", "c"])], [], "no agent");
  assert.deepEqual(withNodeObjects(mesh, ["a", "b"]).stale, ["c"]);
  assert.deepEqual(withNodeObjects(mesh, ["a", "b", "c", "d"]).stale, []);
  // An agent reports from b: it is in use, whatever the cluster says.
  assert.deepEqual(withNodeObjects(mesh, ["a", "c"]).stale, []);
});

Deno.test("withNodeObjects() leaves out a node that is gone and that nobody probes: only its pod is left", () => {
  const silent = [{ source: "c", reason: "its agent does not answer" }];
  const mesh = buildMesh([report("a", ["b"]), report("b", ["a"])], silent, "no agent");
  const { nodes, sources, stale } = withNodeObjects(mesh, ["a", "b"]);
  assert.deepEqual(nodes.map(({ name }) => name), ["a", "b"]);
  assert.deepEqual(sources.map(({ name }) => name), ["a", "b"]);
  assert.deepEqual(stale, []);
  const known = withNodeObjects(mesh, ["a", "b", "c"]);
  assert.deepEqual(known.sources.map(({ name }) => name), ["a", "b", "c"]);
});

Deno.test("withNodeObjects() believes no list that has fewer than half of the nodes", () => {
  const mesh = buildMesh([report("a", ["b", "c"])], [], "no agent");
  assert.equal(withNodeObjects(mesh, ["a"]).stale, undefined);
  assert.equal(withNodeObjects(mesh, []).stale, undefined);
  assert.deepEqual(withNodeObjects(mesh, ["a", "b"]).stale, ["c"]);
});
