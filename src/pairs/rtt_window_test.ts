import assert from "node:assert/strict";
import { RttWindow } from "./rtt_window.ts";
import { makeRandom } from "../../tests/fakes/random.ts";

Deno.test("RttWindow gives smallest, largest and population deviation", () => {
  const window = new RttWindow(1000, 8);
  [0.002, 0.004, 0.004, 0.004, 0.005, 0.005, 0.007, 0.009].forEach((rtt, i) => window.add(rtt, i));
  assert.deepEqual(window.statistics(8), {
    minSeconds: 0.002,
    maxSeconds: 0.009,
    stddevSeconds: 0.002,
  });
});

Deno.test("RttWindow is undefined, not 0, when nothing was received in it", () => {
  const window = new RttWindow(1000, 8);
  assert.equal(window.statistics(0), undefined);
  window.add(0.001, 500);
  assert.equal(window.statistics(1499)?.minSeconds, 0.001);
  assert.equal(window.statistics(1499)?.stddevSeconds, 0);
  assert.equal(window.statistics(1500), undefined);
});

Deno.test("RttWindow equals a plain computation over its last minute, at any rate and any gap", () => {
  const random = makeRandom(1);
  const window = new RttWindow(60_000, 8);
  let all: { rtt: number; atMs: number }[] = [];
  let nowMs = 0;
  for (let i = 0; i < 3000; i++) {
    nowMs += random() < 0.002 ? 70_000 : i % 1000 < 500 ? 900 : 20;
    const rtt = Math.round(random() * 1000) / 1e6;
    window.add(rtt, nowMs);
    all.push({ rtt, atMs: nowMs });
    all = all.filter(({ atMs }) => atMs > nowMs - 60_000);
    if (i % 50 !== 0) continue;
    const rtts = all.map((item) => item.rtt);
    const mean = rtts.reduce((sum, rtt) => sum + rtt, 0) / rtts.length;
    const variance = rtts.reduce((sum, rtt) => sum + (rtt - mean) ** 2, 0) / rtts.length;
    const found = window.statistics(nowMs);
    assert.ok(found !== undefined);
    assert.equal(found.minSeconds, Math.min(...rtts));
    assert.equal(found.maxSeconds, Math.max(...rtts));
    assert.ok(Math.abs(found.stddevSeconds - Math.sqrt(variance)) < 1e-9);
  }
});

Deno.test("RttWindow gives back what fping printed, to the microsecond, at every magnitude", () => {
  for (const rtt of [0, 0.000001, 0.000054, 0.00338, 0.0421, 0.701, 1.01, 8.999]) {
    const window = new RttWindow(1000, 8);
    window.add(rtt, 0);
    assert.deepEqual(window.statistics(0), { minSeconds: rtt, maxSeconds: rtt, stddevSeconds: 0 });
  }
});

Deno.test("RttWindow forgets a round-trip time that leaves, also when no other comes", () => {
  const window = new RttWindow(1000, 8);
  window.add(0.003, 0);
  window.add(0.001, 500);
  assert.equal(window.statistics(999)?.maxSeconds, 0.003);
  assert.equal(window.statistics(1000)?.maxSeconds, 0.001);
});
