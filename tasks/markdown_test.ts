import assert from "node:assert/strict";
import { markdownTable } from "./markdown.ts";

Deno.test("markdownTable() aligns text to the left, and numbers to the right", () => {
  const [head, rows] = [["a", "name"], [["longer", "x"], ["b", "y"]]] as const;
  assert.equal(
    markdownTable(head, rows),
    `| a      | name |
| ------ | ---- |
| longer | x    |
| b      | y    |
`,
  );
  assert.equal(
    markdownTable(head, rows, "right"),
    `|      a | name |
| -----: | ---: |
| longer |    x |
|      b |    y |
`,
  );
});
