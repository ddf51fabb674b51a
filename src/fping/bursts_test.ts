/** What bursts of nodes that know nothing of each other come to, by a simulation: docs/architecture.md. @module */

import assert from "node:assert/strict";
import { driftOf } from "./prober.ts";
import { makeRandom } from "../../tests/fakes/random.ts";

const periodMs = 500;

/** Nodes that begin at any time, each with a period of its own, as prober.ts gives it. */
function makeNodes(count: number, seed: number): { phaseMs: number; periodMs: number }[] {
  const random = makeRandom(seed);
  return Array.from({ length: count }, () => ({
    phaseMs: random() * periodMs,
    periodMs: periodMs * driftOf(random()),
  }));
}

/**
 * The most requests that one destination of all these nodes gets within the window, in the time.
 */
function worstArrivals(sources: number, windowMs: number, seconds: number): number {
  const nodes = makeNodes(sources, 1);
  let worst = 0;
  // Two periods at a time: an arrival is in the window of those that follow it.
  for (let fromMs = 0; fromMs < seconds * 1000; fromMs += periodMs) {
    const times = nodes.flatMap(({ phaseMs, periodMs: own }) => {
      const next = phaseMs + own * Math.ceil((fromMs - phaseMs) / own);
      return [next, next + own];
    }).sort((a, b) => a - b);
    for (let first = 0, last = 0; last < times.length; last++) {
      while ((times[last] ?? 0) - (times[first] ?? 0) >= windowMs) first++;
      worst = Math.max(worst, last - first + 1);
    }
  }
  return worst;
}

Deno.test("a node gets few requests of others within 10 ms, in any hour", () => {
  const full = worstArrivals(199, 10, 3600);
  // Of 5,000 nodes each probes 64 others, and few are probed by more than 100.
  const sampled = worstArrivals(100, 10, 3600);
  assert.ok(full <= 25, `200 nodes: ${full} of 199`);
  assert.ok(sampled <= 18, `5,000 nodes: ${sampled} of 100`);
});

Deno.test("no two nodes' bursts stay together", () => {
  const nodes = makeNodes(200, 2);
  const togetherSeconds = nodes.slice(1).map((node, i) => {
    const other = nodes[i] ?? node;
    const apartMs = Math.abs(node.periodMs - other.periodMs);
    // They are within 10 ms of each other for 20 ms of their drift.
    return (20 / apartMs) * periodMs / 1000;
  }).sort((a, b) => a - b);
  const median = togetherSeconds[Math.floor(togetherSeconds.length / 2)] ?? Infinity;
  assert.ok(median < 30, `${median} s`);
  assert.ok((togetherSeconds.at(-10) ?? Infinity) < 600, "nineteen of twenty pairs");
});
