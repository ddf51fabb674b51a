import assert from "node:assert/strict";
import { firstLines } from "./terminal.ts";

Deno.test("firstLines() leaves what a terminal has room for", () => {
  const text = "1\n2\n3\n";
  for (const rows of [4, 5, Infinity]) assert.equal(firstLines(text, rows), text);
});

Deno.test("firstLines() fills a terminal that is too low, and says how much is missing", () => {
  const text = "1\n2\n3\n4\n5\n";
  assert.equal(firstLines(text, 5), "1\n2\n3\n... 2 more lines: a taller terminal shows them\n");
  assert.equal(firstLines(text, 2), "... 5 more lines: a taller terminal shows them\n");
  assert.equal(firstLines(text, 1), "... 5 more lines: a taller terminal shows them\n");
});
