import assert from "node:assert/strict";
import { noiseLevel, unexplained } from "./noise.ts";

function mesh(pairs: number, sent: number, lost: (pair: number) => number): number {
  const each = Array.from({ length: pairs }, (_, pair) => lost(pair));
  return noiseLevel(new Float64Array(pairs).fill(sent), Float64Array.from(each));
}

Deno.test("noiseLevel() finds the level of the healthy pairs beside many faulty ones", () => {
  const level = mesh(400, 1000, (pair) => pair % 3 === 0 ? 300 : pair % 2);
  assert.ok(level > 0.0004 && level < 0.0007, String(level));
});

Deno.test("noiseLevel() goes on until faint faults are told from noise", () => {
  const level = mesh(400, 1000, (pair) => pair % 3 === 0 ? 10 : 0);
  assert.ok(level < 0.00005, String(level));
});

Deno.test("noiseLevel() stays cautious where few probes were sent", () => {
  const level = mesh(6, 30, () => 0);
  assert.ok(level > 0.0015 && level <= 0.002, String(level));
});

Deno.test("noiseLevel() does not take a mesh that loses everywhere for a noisy one", () => {
  assert.ok(mesh(90, 1000, () => 100) < 0.0026);
});

Deno.test("unexplained() holds nothing against a pair up to the ceiling, and much above", () => {
  const best = (lost: number) =>
    lost * Math.log(lost / 10_000) +
    (10_000 - lost) * Math.log1p(-lost / 10_000);
  assert.ok(best(20) - unexplained(20, 10_000, 1e-5) < 3.1);
  assert.ok(best(100) - unexplained(100, 10_000, 1e-5) > 50);
});
