import assert from "node:assert/strict";
import { binomial, lnGamma, noiseLevel, SharedLoss, unexplained } from "./likelihood.ts";

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
