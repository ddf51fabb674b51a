import assert from "node:assert/strict";
import { Samples } from "./exposition.ts";

Deno.test("Samples reads names, labels with escapes, and values", () => {
  const samples = new Samples(
    '# HELP a_total Text.\n# TYPE a_total counter\na_total{x="1",y="a\\"b\\\\c\\nd,}"} 3\nb 1e-05\nc +Inf\n',
  );
  assert.deepEqual(samples.all, [
    { name: "a_total", labels: { x: "1", y: 'a"b\\c\nd,}' }, value: 3 },
    { name: "b", labels: {}, value: 0.00001 },
    { name: "c", labels: {}, value: Infinity },
  ]);
  assert.equal(samples.value("a_total", { x: "1" }), 3);
  assert.equal(samples.value("a_total", { x: "2" }), undefined);
});

Deno.test("Samples refuses what is not the text format", () => {
  for (
    const text of ["a 1", "a\n", "a one\n", '{x="1"} 1\n', "a{x=1} 1\n", "# hello\n", "a 1\na 1\n"]
  ) {
    assert.throws(() => new Samples(text), Error, text);
  }
});
