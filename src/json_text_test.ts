import assert from "node:assert/strict";
import { jsonText } from "./json_text.ts";

Deno.test("jsonText() is JSON without a raw control character", () => {
  for (const value of ["\x1b[2J", "\x9b2J \x7f \x85", "a\nb\r", { "\x9b": ["\0", "süd ☃ 🜚"] }]) {
    const text = jsonText(value);
    assert.doesNotMatch(text, /\p{Cc}/u);
    assert.deepEqual(JSON.parse(text), value);
  }
});
