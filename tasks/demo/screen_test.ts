import assert from "node:assert/strict";
import { lossTable } from "./screen.ts";

const counts = new Map([
  ["a b", { source: "a", destination: "b", sent: 8, received: 6 }],
  ["b a", { source: "b", destination: "a", sent: 0, received: 0 }],
]);

Deno.test("lossTable() aligns sources in rows and destinations in columns", () => {
  assert.deepEqual(lossTable(["a", "b"], counts, false), [
    "               a       b",
    "  a            -    25 %",
    "  b            ?       -",
  ]);
});

Deno.test("lossTable() marks lossy cells by colour where there is one", () => {
  const coloured = lossTable(["a", "b"], counts, true).filter((line) => line.includes("\x1b"));
  assert.deepEqual(coloured, ["  a            -  \x1b[1;31m  25 %\x1b[0m"]);
});
