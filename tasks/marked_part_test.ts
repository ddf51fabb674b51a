import assert from "node:assert/strict";
import { markdownMarks, withMarkedPart } from "./marked_part.ts";

const marks = { start: "# Made", end: "# End" };

Deno.test("withMarkedPart() replaces what stands between the marks alone", () => {
  const text = "a\n  # Made\nold\nolder\n  # End\nb\n";
  assert.equal(withMarkedPart(text, marks, "new"), "a\n  # Made\nnew\n  # End\nb\n");
  assert.equal(withMarkedPart("# Made\n# End", marks, "new"), "# Made\nnew\n# End");
});

Deno.test("withMarkedPart() names a mark that is missing, or stands twice", () => {
  assert.throws(() => withMarkedPart("# Made\n", marks, ""), /one line "# End", found 0$/);
  const twice = "# Made\n# Made\n# End";
  assert.throws(() => withMarkedPart(twice, marks, ""), /one line "# Made", found 2$/);
});

Deno.test("markdownMarks() differ by what a part is made from", () => {
  const [one, other] = [markdownMarks("a.ts"), markdownMarks("b.ts")];
  assert.notEqual(one.start, other.start);
  assert.notEqual(one.end, other.end);
});
