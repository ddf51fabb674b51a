import assert from "node:assert/strict";
import { LogLimit } from "./log_limit.ts";

Deno.test("LogLimit lets a few through in each window and tells how many it held back", () => {
  const limit = new LogLimit(2, 1000);
  assert.deepEqual([0, 1, 2, 3].map((ms) => limit.pass(ms)), [0, 0, undefined, undefined]);
  assert.deepEqual([1000, 1001, 1002].map((ms) => limit.pass(ms)), [2, 0, undefined]);
});
