import assert from "node:assert/strict";
import { estimateBackgrounds } from "./background.ts";
import { observe } from "./observations.ts";

/** The background of pairs that all sent as many probes, from two sources to many destinations. */
function level(pairs: number, sent: number, lost: (pair: number) => number): number {
  const names = Array.from({ length: pairs / 2 + 2 }, (_, node) => `n${node}`);
  const nodes = names.map((name) => ({ name }));
  const measured = Array.from({ length: pairs }, (_, pair) => ({
    source: names[pair % 2] ?? "",
    destination: names[2 + (pair >> 1)] ?? "",
    address: "192.0.2.1",
    sent,
    received: sent - lost(pair),
  }));
  const seen = observe({ nodes, sources: [], pairs: measured, externals: [] });
  return estimateBackgrounds(seen).ofClass[0].level;
}

Deno.test("estimateBackgrounds() finds the level of the healthy pairs beside many faulty ones", () => {
  const found = level(400, 1000, (pair) => pair % 3 === 0 ? 300 : pair % 2);
  assert.ok(found > 0.0004 && found < 0.0007, String(found));
});

Deno.test("estimateBackgrounds() goes on until faint faults are told from noise", () => {
  const found = level(400, 1000, (pair) => pair % 3 === 0 ? 10 : 0);
  assert.ok(found < 0.00005, String(found));
});

Deno.test("estimateBackgrounds() stays cautious where few probes were sent", () => {
  const found = level(6, 30, () => 0);
  assert.ok(found > 0.0015 && found <= 0.002, String(found));
});

Deno.test("estimateBackgrounds() does not take a mesh that loses everywhere for a noisy one", () => {
  assert.ok(level(90, 1000, () => 100) < 0.0026);
});
