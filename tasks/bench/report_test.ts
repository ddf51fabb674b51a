import assert from "node:assert/strict";
import { spread, table } from "./report.ts";

Deno.test("table() aligns names to the left and numbers to the right, also in short rows", () => {
  assert.equal(
    table(["", "ms", "MB"], [["agent", "10.5", "1"], ["fping", "2"]]),
    [
      "           ms  MB",
      "  -----  ----  --",
      "  agent  10.5   1",
      "  fping     2",
      "",
    ].join("\n"),
  );
});

Deno.test("spread() gives the middle, the smallest and the largest", () => {
  assert.equal(spread([1.3, 1.1, 1.2], 2), "1.20 (1.10-1.30)");
  assert.equal(spread([4], 0), "4 (4-4)");
});
