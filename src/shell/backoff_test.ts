import assert from "node:assert/strict";
import { Backoff } from "./backoff.ts";

function waits(backoff: Backoff, count: number): readonly number[] {
  return Array.from({ length: count }, () => backoff.next());
}

Deno.test("Backoff doubles up to its bound, and stays there", () => {
  const backoff = new Backoff({ firstMs: 500, longestMs: 3000 });
  assert.deepEqual(waits(backoff, 6), [500, 1000, 2000, 3000, 3000, 3000]);
  assert.deepEqual(waits(backoff, 2000).at(-1), 3000);
});

Deno.test("Backoff goes on from another second wait where there is one", () => {
  const backoff = new Backoff({ firstMs: 100, secondMs: 1000, longestMs: 3000 });
  assert.deepEqual(waits(backoff, 5), [100, 1000, 2000, 3000, 3000]);
});

Deno.test("Backoff begins again after a success", () => {
  const backoff = new Backoff({ firstMs: 1, longestMs: 9 });
  waits(backoff, 5);
  backoff.reset();
  assert.deepEqual(waits(backoff, 2), [1, 2]);
});
