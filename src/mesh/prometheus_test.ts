import assert from "node:assert/strict";
import { parseAnswer } from "./prometheus.ts";

function answerWith(...result: readonly unknown[]): string {
  return JSON.stringify({ status: "success", data: { resultType: "vector", result } });
}

Deno.test("parseAnswer() reads labels and values, and leaves out what is no number", () => {
  const sample = (value: string) => ({ metric: { source_node: "a" }, value: [1.5, value] });
  const values = ["12", "-0.5", "1e-05", "1.5e+300", "NaN", "+Inf", "-Inf"];
  const { samples, warnings } = parseAnswer("x", answerWith(...values.map(sample)));
  assert.deepEqual(warnings, []);
  assert.deepEqual(samples.map(({ value }) => value), [12, -0.5, 0.00001, 1.5e300]);
  assert.deepEqual({ ...samples[0]?.labels }, { source_node: "a" });
  assert.equal(samples[0]?.name, "x");
});

Deno.test("parseAnswer() refuses an element that is no sample, and names it", () => {
  const good = { metric: {}, value: [1, "1"] };
  const bad = [
    ...[null, [], "x", { metric: {} }, { value: [1, "1"] }, { metric: [], value: [1, "1"] }],
    ...[{ metric: { a: 1 }, value: [1, "1"] }, { metric: {}, value: [1, 1] }],
    ...[{ metric: {}, value: ["1", "1"] }, { metric: {}, value: [1, ""] }],
    { metric: "a", value: [1, "1"] },
    ...[{ metric: {}, value: [1, "0x10"] }, { metric: {}, values: [[1, "1"]] }],
  ];
  for (const element of bad) {
    assert.throws(
      () => parseAnswer("x", answerWith(good, element)),
      /^Error: with a vector whose element 1 is no sample: /,
      JSON.stringify(element),
    );
  }
});

Deno.test("parseAnswer() says what came instead of an instant vector", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["<html>", /^Error: with something else than JSON: "<html>"$/],
    ['{"status":"error","error":"timed out"}', /^Error: without success: timed out$/],
    ["[]", /^Error: without success: "\[\]"$/],
    ['{"status":"success"}', /^Error: with "undefined" instead of a vector$/],
    [
      '{"status":"success","data":{"resultType":"matrix","result":[]}}',
      /^Error: with "matrix" instead of a vector$/,
    ],
  ];
  for (const [text, message] of cases) assert.throws(() => parseAnswer("x", text), message);
});
