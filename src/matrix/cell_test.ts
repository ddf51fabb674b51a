import assert from "node:assert/strict";
import { addUp, cellOf } from "./cell.ts";

const pair = { source: "a", destination: "b", address: "10.0.0.2", sent: 100 };

Deno.test("addUp() takes the mean round-trip time of the pairs whose times are known", () => {
  const timed = cellOf({ ...pair, received: 50, rttSumSeconds: 0.1 });
  const slow = cellOf({ ...pair, received: 100, rttSumSeconds: 0.8 });
  const untimed = cellOf({ ...pair, received: 100 });
  const dead = cellOf({ ...pair, received: 0, rttSumSeconds: 0 });
  const sum = addUp([untimed, timed, dead, slow]);
  assert.ok(Math.abs((sum.rttSeconds ?? 0) - 0.006) < 1e-12, String(sum.rttSeconds));
  assert.deepEqual([sum.pairs, sum.lossy, sum.loss], [4, 2, 0.375]);
  assert.equal(addUp([untimed, dead]).rttSeconds, undefined, "absent, not 0");
});
