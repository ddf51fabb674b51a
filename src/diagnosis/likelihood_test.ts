import assert from "node:assert/strict";
import { binomial, estimateBackgrounds, lnGamma, SharedLoss, unexplained } from "./likelihood.ts";
import { observe } from "./observations.ts";

Deno.test("lnGamma() is ln (n-1)! at whole numbers, and ln sqrt(pi) at a half", () => {
  let factorial = 0;
  for (let n = 1; n <= 200; n++) {
    assert.ok(Math.abs(lnGamma(n) - factorial) < 1e-9 * Math.max(1, factorial), String(n));
    factorial += Math.log(n);
  }
  assert.ok(Math.abs(lnGamma(0.5) - Math.log(Math.sqrt(Math.PI))) < 1e-12);
  assert.ok(Math.abs(lnGamma(0.001) - 6.907178885383853) < 1e-9);
});

Deno.test("binomial() and SharedLoss are distributions: with ln C(n, k) they sum to one", () => {
  const n = 40;
  for (const loss of [0.001, 0.02, 0.5, 0.97]) {
    const shared = new SharedLoss(loss);
    let plain = 0;
    let spread = 0;
    let mean = 0;
    for (let k = 0; k <= n; k++) {
      const ways = lnGamma(n + 1) - lnGamma(k + 1) - lnGamma(n - k + 1);
      plain += Math.exp(ways + binomial(k, n, loss));
      const part = Math.exp(ways + shared.of(k, n));
      spread += part;
      mean += part * k;
    }
    assert.ok(Math.abs(plain - 1) < 1e-9, `binomial ${loss}`);
    assert.ok(Math.abs(spread - 1) < 1e-9, `shared ${loss}`);
    assert.ok(Math.abs(mean - n * loss) < 1e-6, `mean ${loss}`);
  }
});

Deno.test("SharedLoss forgives a pair that loses half as much more, a plain binomial does not", () => {
  const loss = (k: number) => new SharedLoss(0.1).of(k, 10_000) - binomial(k, 10_000, k / 10_000);
  const plain = binomial(1500, 10_000, 0.1) - binomial(1500, 10_000, 0.15);
  assert.ok(loss(1500) > -8, String(loss(1500)));
  assert.ok(plain < -100, String(plain));
});

Deno.test("unexplained() holds nothing against a pair up to the ceiling, and much above", () => {
  const best = (lost: number) =>
    lost * Math.log(lost / 10_000) +
    (10_000 - lost) * Math.log1p(-lost / 10_000);
  assert.ok(best(20) - unexplained(20, 10_000, { level: 1e-5 }) < 3.1);
  assert.ok(best(100) - unexplained(100, 10_000, { level: 1e-5 }) > 50);
});

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
