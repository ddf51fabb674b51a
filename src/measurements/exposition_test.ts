import assert from "node:assert/strict";
import { parseExposition } from "./exposition.ts";

const all = () => true;

Deno.test("parseExposition() reads labels with every escape, values and timestamps", () => {
  const text = '# HELP x y\n\na 1\nb{} +Inf\nc{q="a\\"b\\\\n\\nd",r="}, {"} 1.5e-3 1700000000\n' +
    'd{x="1",} NaN\n';
  const [a, b, c, d] = parseExposition(text, all);
  assert.deepEqual({ ...a?.labels }, {});
  assert.equal(a?.value, 1);
  assert.equal(b?.value, Infinity);
  assert.deepEqual({ ...c?.labels }, { q: 'a"b\\n\nd', r: "}, {" });
  assert.equal(c?.value, 0.0015);
  assert.ok(Number.isNaN(d?.value));
});

Deno.test("parseExposition() refuses what is no sample, and says which line", () => {
  const bad = ["a", "a one", '{x="1"} 1', 'a{x="1} 1', "a{x=1} 1", 'a{x="1" y="2"} 1', "a 1 2 3"]
    .concat(['a{x="1",x="2"} 1', 'a{x="\\q"} 1', "a 0x10", "é 1"]);
  for (const line of bad) {
    assert.throws(
      () => parseExposition(`ok 1\n${line}\n`, all),
      /^Error: Line 2 is no sample/,
      line,
    );
  }
});

Deno.test("parseExposition() refuses half a file", () => {
  assert.throws(() => parseExposition("a 1\nb 12", all), /cut off/);
});
