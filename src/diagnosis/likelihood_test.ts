import assert from "node:assert/strict";
import {
  binomial,
  highest,
  lnGamma,
  SharedLoss,
  sharedLoss,
  survivalOf,
  survivalOfBoth,
  unexplained,
} from "./likelihood.ts";

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

Deno.test("sharedLoss() is as uneven as the causes together that it is made of", () => {
  const ways = (n: number, k: number) => lnGamma(n + 1) - lnGamma(k + 1) - lnGamma(n - k + 1);
  const n = 2000;
  const [one, other] = [survivalOf(0.05, 30), survivalOf(0.02)];
  const both = survivalOfBoth(one, other, 1);
  let [sum, mean, square] = [0, 0, 0];
  for (let k = 0; k <= n; k++) {
    const part = Math.exp(ways(n, k) + sharedLoss(both).of(k, n));
    sum += part;
    mean += part * (1 - k / n);
    square += part * (1 - k / n) ** 2;
  }
  assert.ok(Math.abs(sum - 1) < 1e-9);
  assert.ok(Math.abs(mean - 0.95 * 0.98) < 1e-9);
  // Beside the spread of the pairs there is that of so many probes.
  const expected = both.square + (both.mean - both.square) / n;
  assert.ok(Math.abs(square - expected) < 1e-9, `${square} ${expected}`);
});

Deno.test("highest() finds a top between three points, on an edge, too", () => {
  const hill = (at: number) => -((at - 1.3) ** 2) - 0.1 * (at - 1.3) ** 4;
  const at = (place: number, value = hill) => ({ at: place, value: value(place) });
  const top = highest(hill, [at(0), at(1), at(2)], 6);
  assert.ok(Math.abs(top.at - 1.3) < 0.02, String(top.at));
  const falling = (place: number) => -place;
  const edge = highest(falling, [at(0, falling), at(0, falling), at(1, falling)], 6);
  assert.equal(edge.at, 0);
  const cliff = (place: number) => place < 0.5 ? -Infinity : -place;
  const kept = highest(cliff, [at(0, cliff), at(1, cliff), at(2, cliff)], 8);
  assert.ok(kept.value >= -1 && kept.at >= 0.5);
});
