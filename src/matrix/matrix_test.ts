import assert from "node:assert/strict";
import { caseMesh, caseNodes, dualStack, linkLoss } from "../../tests/cases/cluster.ts";
import { foldByZone, matrixOf, pairsText, worstCells } from "./matrix.ts";

const nodes = caseNodes(6, ["b", "a"]);
const losses = linkLoss("node-001", "node-002", 0.5);
const matrix = matrixOf(caseMesh({ nodes: nodes.toReversed(), losses, silent: ["node-006"] }));

Deno.test("matrixOf() orders nodes by zone and name and keeps silent rows empty", () => {
  assert.deepEqual(matrix.nodes.map((node) => node.name.slice(-1)).join(""), "246135");
  assert.equal(matrix.cell("node-006", "node-001"), undefined);
  assert.equal(matrix.cells.length, 25);
  assert.equal(matrix.cell("node-001", "node-002")?.loss, 0.5);
  assert.equal(matrix.cell("node-001", "node-003")?.rttSeconds?.toFixed(6), "0.000500");
});

Deno.test("matrixOf() tells what a sampled mesh does not probe from a silent source", () => {
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

Deno.test("foldByZone() calls a zone silent when none of its nodes reported", () => {
  const silent = ["node-002", "node-004", "node-006", "node-001"];
  const { isSilent } = foldByZone(matrixOf(caseMesh({ nodes, losses: [], silent })));
  assert.deepEqual(["a", "b"].map(isSilent), [true, false]);
});
