import assert from "node:assert/strict";
import { percent } from "./percent.ts";

Deno.test("percent() keeps what matters: no loss is 0, a little is not, all is 100", () => {
  const parts = [0, 0.00001, 0.0003, 0.042, 0.3749, 0.992, 0.997, 0.99991, 1];
  assert.deepEqual(parts.map(percent), [
    "0 %",
    "below 0.01 %",
    "0.03 %",
    "4.2 %",
    "37 %",
    "99 %",
    "99.7 %",
    "99.9 %",
    "100 %",
  ]);
});
