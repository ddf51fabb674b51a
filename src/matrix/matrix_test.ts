import assert from "node:assert/strict";
import {
  addUp,
  cellOf,
  externalTargets,
  foldByZone,
  matrixCsv,
  matrixJson,
  matrixOf,
  pairsText,
  worstCells,
} from "./matrix.ts";
import { diagnose } from "../diagnosis/diagnose.ts";
import type { Mesh, PairMeasurement } from "../mesh/mesh.ts";
import { pageData } from "./html.ts";
import { caseMesh, caseNodes, dualStack, linkLoss } from "../../tests/cases/cluster.ts";

const pair = { source: "a", destination: "b", address: "10.0.0.2", sent: 100 };

Deno.test("addUp() takes the mean round-trip time of the pairs whose times are known", () => {
  const timed = cellOf({ ...pair, received: 50, rttSumSeconds: 0.1 });
  const slow = cellOf({ ...pair, received: 100, rttSumSeconds: 0.8 });
  const untimed = cellOf({ ...pair, received: 100 });
  const dead = cellOf({ ...pair, received: 0, rttSumSeconds: 0 });
  const sum = addUp([untimed, timed, dead, slow]);
  assert.ok(Math.abs((sum.rttSeconds ?? 0) - 0.006) < 1e-12, String(sum.rttSeconds));
  assert.deepEqual([sum.pairs, sum.lossy, sum.loss], [4, 2, 0.375]);
  assert.equal(addUp([untimed, dead]).rttSeconds, undefined, "absent, not 0");
});

const awkward = matrixOf({
  nodes: [{ name: "a", zone: "z" }, { name: '=b,"' }],
  sources: [{ name: "a", silent: false }, { name: '=b,"', silent: true }],
  pairs: [{ source: "a", destination: '=b,"', address: "fd00::1", sent: 4, received: 0 }],
  externals: [{ source: "a", destination: "dns", address: "192.0.2.1", sent: 4, received: 4 }],
});

Deno.test("matrixCsv() quotes what it must and hands no formula to a spreadsheet", () => {
  assert.equal(
    matrixCsv(awkward),
    "source,destination,address,sent,received,loss,rtt_seconds,path_mtu_bytes,path_mtu_black_hole\r\n" +
      `a,"'=b,""",fd00::1,4,0,1,,,\r\n`,
  );
});

Deno.test("matrixCsv() marks every beginning of a formula, and no number", () => {
  for (const name of ["=1", "+1", "-1", "@a"]) {
    const csv = matrixCsv(matrixOf({
      nodes: [{ name }, { name: "b" }],
      sources: [{ name, silent: false }],
      pairs: [{
        source: name,
        destination: "b",
        address: "192.0.2.1",
        sent: 2e6,
        received: 2e6 - 1,
      }],
      externals: [],
    }));
    assert.equal(
      csv.split("\r\n")[1],
      `'${name},b,192.0.2.1,2000000,1999999,${1 - (2e6 - 1) / 2e6},,,`,
    );
  }
});

Deno.test("matrixJson() has nodes with their silence and its reason, and pairs with null for no round trip", () => {
  assert.deepEqual(JSON.parse(matrixJson(awkward)), {
    nodes: [{ name: "a", zone: "z", silent: false, stale: false }, {
      name: '=b,"',
      silent: true,
      reason: "no answer",
      stale: false,
    }],
    notMeasured: [],
    pairs: [{
      source: "a",
      destination: '=b,"',
      address: "fd00::1",
      sent: 4,
      received: 0,
      loss: 1,
      rttSeconds: null,
      pathMtuBytes: null,
      pathMtuBlackHole: null,
    }],
    externals: [{
      source: "a",
      destination: "dns",
      address: "192.0.2.1",
      sent: 4,
      received: 4,
      loss: 0,
      rttSeconds: null,
      pathMtuBytes: null,
      pathMtuBlackHole: null,
    }],
  });
});

const seen = (source: string, destination: string, received: number): PairMeasurement => ({
  ...{ source, destination, address: `${destination}.example`, sent: 100, received },
  rttSumSeconds: received * 0.02,
});

Deno.test("externalTargets() adds up what all sources saw, the worst target and source first", () => {
  const [dns, uplink, ...others] = externalTargets([
    seen("node-1", "uplink", 100),
    seen("node-2", "uplink", 100),
    seen("node-1", "dns", 100),
    seen("node-2", "dns", 50),
  ]);
  assert.deepEqual(others, []);
  assert.deepEqual(
    [dns?.destination, dns?.address, dns?.loss, dns?.lossy, dns?.pairs],
    ["dns", "dns.example", 0.25, 1, 2],
  );
  assert.deepEqual(dns?.cells.map(({ source, loss }) => [source, loss]), [
    ["node-2", 0.5],
    ["node-1", 0],
  ]);
  assert.deepEqual([uplink?.loss, uplink?.rttSeconds], [0, 0.02]);
});

Deno.test("externalTargets() keeps the addresses of a name apart, and leaves out what is not probed", () => {
  const six = { ...seen("node-1", "dns", 0), address: "fd00::53" };
  const unknown = { ...seen("node-1", "new", 0), sent: 0 };
  assert.deepEqual(
    externalTargets([seen("node-1", "dns", 100), six, unknown])
      .map(({ address, loss, rttSeconds }) => [address, loss, rttSeconds]),
    [["fd00::53", 1, undefined], ["dns.example", 0, 0.02]],
  );
});

Deno.test("externalTargets() orders by name what lost alike", () => {
  const sources = ["node-2", "node-1"].flatMap((source) => [
    seen(source, "uplink", 50),
    seen(source, "dns", 50),
  ]);
  assert.deepEqual(
    externalTargets(sources).map(({ destination, cells }) => [
      destination,
      ...cells.map(({ source }) => source),
    ]),
    [["dns", "node-1", "node-2"], ["uplink", "node-1", "node-2"]],
  );
});

const nodes = caseNodes(6, ["b", "a"]);
const losses = linkLoss("node-001", "node-002", 0.5);
const matrix = matrixOf(caseMesh({ nodes: nodes.toReversed(), losses, silent: ["node-006"] }));

Deno.test("matrixOf() orders nodes by zone and name and keeps rows without data empty", () => {
  assert.deepEqual(matrix.nodes.map((node) => node.name.slice(-1)).join(""), "246135");
  assert.equal(matrix.cell("node-006", "node-001"), undefined);
  assert.equal(matrix.cells.length, 25);
  assert.equal(matrix.cell("node-001", "node-002")?.loss, 0.5);
  assert.equal(matrix.cell("node-001", "node-003")?.rttSeconds?.toFixed(6), "0.000500");
});

Deno.test("matrixOf() separates what a sampled mesh does not probe from a source without data", () => {
  assert.equal(matrix.notProbed, 0);
  const sampled = matrixOf(
    caseMesh({ nodes: caseNodes(30), losses: [], silent: ["node-001"], meshDegree: 16 }),
  );
  assert.equal(sampled.notProbed, 29 * (29 - 16));
  assert.equal(pairsText(sampled), "464 of 870 pairs");
});

Deno.test("matrixOf() shows the address that lost most", () => {
  const dual = caseMesh({ nodes: dualStack(nodes), losses: [{ family: 6, loss: 1 }], silent: [] });
  const cell = matrixOf(dual).cell("node-001", "node-002");
  assert.deepEqual([cell?.address, cell?.loss, cell?.rttSeconds], ["fd00::2", 1, undefined]);
});

Deno.test("worstCells() has the worst first and none that lost nothing", () => {
  assert.deepEqual(worstCells(matrix, 10).map((cell) => cell.source), ["node-002", "node-001"]);
});

Deno.test("foldByZone() adds up probes, not percentages", () => {
  const { zones, cell } = foldByZone(matrix);
  assert.deepEqual(zones, ["a", "b"]);
  const across = cell("b", "a");
  assert.deepEqual([across?.pairs, across?.lossy], [9, 1]);
  assert.ok(Math.abs((across?.loss ?? 0) - 0.5 / 9) < 1e-9);
});

Deno.test("worstCells() has of those that lose alike the one with more probes first", () => {
  const mesh = caseMesh({ nodes, losses, silent: [] });
  const pairs = mesh.pairs.map((pair) =>
    pair.source === "node-002" ? { ...pair, sent: 60, received: pair.received / 10 } : pair
  );
  const worst = worstCells(matrixOf({ ...mesh, pairs: pairs.toReversed() }), 10);
  assert.deepEqual(worst.map(({ source, loss }) => [source, loss]), [
    ["node-001", 0.5],
    ["node-002", 0.5],
  ]);
});

Deno.test("foldByZone() says that a zone has no data when none of its nodes reported", () => {
  const silent = ["node-002", "node-004", "node-006", "node-001"];
  const { hasNoData } = foldByZone(matrixOf(caseMesh({ nodes, losses: [], silent })));
  assert.deepEqual(["a", "b"].map(hasNoData), [true, false]);
});

Deno.test("matrixOf() takes the worst path MTU of a destination's addresses, CSV and JSON have it", () => {
  const well = { bytes: 1500, blackHole: false };
  const hole = { bytes: 1400, blackHole: true };
  const counts = { ...pair, received: 100 };
  const matrix = matrixOf({
    nodes: [{ name: "a" }, { name: "b" }],
    sources: [{ name: "a", silent: false }],
    pairs: [
      { ...counts, pathMtu: hole },
      { ...counts, address: "fd00::2", received: 99, pathMtu: well },
    ],
    externals: [],
  });
  assert.deepEqual(matrix.cell("a", "b")?.pathMtu, hole);
  assert.equal(matrix.cell("a", "b")?.address, "fd00::2", "which loses more");
  assert.equal(matrixCsv(matrix).split("\r\n")[1]?.split(",").slice(-2).join(), "1400,1");
  const [cell] = (JSON.parse(matrixJson(matrix)) as { pairs: unknown[] }).pairs as [
    Readonly<Record<string, unknown>>,
  ];
  assert.equal(cell["pathMtuBytes"], 1400);
  assert.equal(cell["pathMtuBlackHole"], true);
  const sum = addUp([{ ...cellOf(counts), pathMtu: well }, { ...cellOf(counts), pathMtu: hole }]);
  assert.deepEqual(sum.pathMtu, hole);
});

Deno.test("matrixJson() says which nodes are stale and which pairs are not measured, and takes neither as well", () => {
  const mesh = caseMesh({ nodes, losses, silent: ["node-006"] });
  const pairs = mesh.pairs.map((pair) =>
    pair.source === "node-003" && pair.destination === "node-004"
      ? { ...pair, sent: 0, received: 0 }
      : pair
  );
  const partly = matrixOf({ ...mesh, pairs, stale: ["node-006"] });
  const json = JSON.parse(matrixJson(partly));
  assert.deepEqual(
    json.nodes.filter(({ stale }: { stale: boolean }) => stale).map(({ name }: { name: string }) =>
      name
    ),
    ["node-006"],
  );
  const [{ source, destination, reason }] = json.notMeasured;
  assert.deepEqual([json.notMeasured.length, source, destination], [1, "node-003", "node-004"]);
  assert.match(reason, /^no probe of .* has an outcome/);
  assert.deepEqual([partly.cells.length, partly.notProbed], [24, 0]);
});

Deno.test("pageData() calls no pair unmeasured that the mesh which it shows has measured", () => {
  const shown = caseMesh({ nodes: caseNodes(3), losses: [], silent: [] });
  const judged = {
    ...shown,
    pairs: shown.pairs.map((pair, index) => index < 2 ? { ...pair, sent: 0, received: 0 } : pair),
  };
  const extras = { at: 0, title: "test", problems: [] };
  const unmeasured = (mesh: Mesh) => {
    const { unmeasured, problems } = pageData(mesh, diagnose(judged), extras);
    return [unmeasured.length, problems.length];
  };
  assert.deepEqual(unmeasured(judged), [2, 1]);
  assert.deepEqual(unmeasured(shown), [0, 0]);
});
