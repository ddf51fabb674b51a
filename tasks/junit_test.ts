import assert from "node:assert/strict";
import { filterOf, readJunit, skipLines, withRetries } from "./junit.ts";

Deno.test("readJunit() tells passed, failed and skipped tests, and where they stand", () => {
  const xml = `<?xml version="1.0"?>
<testsuites name="deno test" tests="4" failures="1">
  <testsuite name="./a_test.ts" tests="3" disabled="1" errors="0" failures="1">
    <testcase name="one" classname="./a_test.ts" time="0.001" line="3" col="6"></testcase>
    <testcase name="two" classname="./a_test.ts" time="0.001"><failure message="x">y</failure></testcase>
    <testcase name="three (skipped: no &quot;helm&quot;)" classname="./a_test.ts"><skipped/></testcase>
  </testsuite>
  <testsuite name="./b_test.ts" tests="1"><testcase name="four" classname="./b_test.ts"/></testsuite>
</testsuites>`;
  assert.deepEqual(readJunit(xml), [
    { file: "./a_test.ts", name: "one", outcome: "passed" },
    { file: "./a_test.ts", name: "two", outcome: "failed" },
    { file: "./a_test.ts", name: 'three (skipped: no "helm")', outcome: "skipped" },
    { file: "./b_test.ts", name: "four", outcome: "passed" },
  ]);
});

Deno.test("withRetries() lets the second try of a case decide, and leaves the others", () => {
  const [file, name] = ["./helper.ts", "one"];
  const first = [
    { file, name, outcome: "failed" },
    { file, name: "two", outcome: "failed" },
    { file: "./other.ts", name, outcome: "passed" },
  ] as const;
  const [one, two, other] = withRetries(first, [{ file, name, outcome: "passed" }]);
  assert.deepEqual([one?.outcome, two?.outcome, other?.outcome], ["passed", "failed", "passed"]);
});

Deno.test("filterOf() lets through the tests of these cases alone, whatever their names hold", () => {
  const text = filterOf([
    { file: "", name: "3,000 (fping 5.1) > a step", outcome: "failed" },
    { file: "", name: "a/b [c]", outcome: "failed" },
  ]);
  const filter = new RegExp(text.slice(1, -1));
  for (const name of ["3,000 (fping 5.1)", "a/b [c]"]) assert.ok(filter.test(name), name);
  for (const name of ["3,000 (fping 5x1)", "a step", "a/b c", "xa/b [c]"]) {
    assert.ok(!filter.test(name), name);
  }
});

Deno.test("skipLines() counts the skipped tests by what is missing, most first", () => {
  const names = [
    "one (fping 5.5) (skipped: no fping 5.5 found; set NODEPING_FPING_55)",
    "two (skipped: no helm 3 or 4 found; set HELM3, HELM4)",
    "three (skipped: no helm 3 or 4 found; set HELM3, HELM4)",
    "four",
  ];
  assert.deepEqual(skipLines(names), [
    "Skipped 2 tests: no helm 3 or 4 found; set HELM3, HELM4",
    "Skipped 1 test: no fping 5.5 found; set NODEPING_FPING_55",
    "Skipped 1 test: no reason given: four",
  ]);
});
