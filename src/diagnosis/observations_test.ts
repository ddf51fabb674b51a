import assert from "node:assert/strict";
import { findPair, observe } from "./observations.ts";
import type { Mesh, PairMeasurement } from "../mesh/mesh.ts";

function pair(source: string, destination: string, address: string, lost = 0): PairMeasurement {
  return { source, destination, address, sent: 100, received: 100 - lost };
}

function meshOf(...pairs: readonly PairMeasurement[]): Mesh {
  const nodes = ["c", "a", "b"].map((name) => ({ name }));
  return {
    nodes,
    sources: nodes.map((node) => ({ ...node, silent: false })),
    pairs,
    externals: [],
  };
}

Deno.test("observe() orders pairs whatever their order was, and finds the other direction", () => {
  const seen = observe(meshOf(pair("b", "c", "3"), pair("c", "b", "2"), pair("a", "c", "3")));
  const [c, a, b] = [0, 1, 2];
  assert.deepEqual([...seen.source], [c, a, b]);
  assert.deepEqual([...seen.reverse], [2, -1, 0]);
  assert.equal(findPair(seen.rowStart, seen.destination, b, c), 2);
  assert.equal(findPair(seen.rowStart, seen.destination, a, b), -1);
  assert.deepEqual(seen.columns, [[1, 2], [], [0]]);
});

Deno.test("findPair() finds every pair of a row of any length, and no other", () => {
  for (let length = 0; length <= 9; length++) {
    const row = Array.from({ length }, (_, index) => 2 * index + 1);
    const [rowStart, destination] = [Int32Array.of(0, 1, 1 + length), Int32Array.of(5, ...row, 7)];
    for (let to = 0; to <= 2 * length; to++) {
      const found = to % 2 === 1 ? 1 + (to - 1) / 2 : -1;
      assert.equal(findPair(rowStart, destination, 1, to), found, `${to} of ${row}`);
    }
  }
});

Deno.test("observe() tells outcomes apart that are as large as the counters of a year", () => {
  const [sent, lost] = [3e7, 2e7];
  const pairs = [[sent, lost], [sent + 1, lost - 2 ** 24], [sent, lost]] as const;
  const seen = observe(meshOf(...pairs.map(([sent, lost], index) => ({
    ...pair(["a", "b", "c"][index] ?? "", ["b", "c", "a"][index] ?? "", "3"),
    ...{ sent, received: sent - lost },
  }))));
  assert.deepEqual(
    [...seen.outcomeOf].map((number) => [seen.outcomes[number]?.sent, seen.outcomes[number]?.lost]),
    [...seen.sent].map((sent, index) => [sent, seen.lost[index]]),
  );
  assert.equal(seen.outcomes.length, 2);
});

Deno.test("observe() takes the worst address of a pair, and adds up those that do alike", () => {
  const seen = observe(meshOf(
    pair("a", "b", "10.0.0.2"),
    pair("a", "b", "fd00::2", 40),
    pair("a", "c", "10.0.0.3", 1),
    pair("a", "c", "fd00::3"),
  ));
  assert.deepEqual([...seen.lost], [1, 40]);
  assert.deepEqual([...seen.sent], [200, 100]);
  assert.deepEqual(seen.worst.map((worst) => worst?.address), [undefined, "fd00::2"]);
});

Deno.test("observe() takes the worst of several bad addresses, wherever it stands", () => {
  const addresses = [pair("a", "b", "1", 40), pair("a", "b", "2", 60), pair("a", "b", "3", 20)];
  const seen = observe(meshOf(...addresses));
  assert.deepEqual([...seen.sent, ...seen.lost], [100, 60]);
  assert.equal(seen.worst[0]?.address, "2");
});

Deno.test("observe() leaves out pairs without probes and probes of oneself", () => {
  const unsent = { ...pair("a", "b", "2"), sent: 0, received: 0 };
  assert.equal(observe(meshOf(unsent, pair("a", "a", "1"))).source.length, 0);
});

Deno.test("observe() takes estimated counts: no fractions, never less than nothing lost", () => {
  const seen = observe(meshOf({ ...pair("a", "b", "2"), sent: 59.6, received: 60.4 }));
  assert.deepEqual([...seen.sent, ...seen.lost], [60, 0]);
});

Deno.test("observe() refuses measurements of a node that the mesh does not have", () => {
  assert.throws(() => observe(meshOf(pair("a", "x", "9"))), /Node "x" has measurements/);
});
