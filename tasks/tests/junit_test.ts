import assert from "node:assert/strict";
import { readJunit } from "./junit.ts";

Deno.test("readJunit() counts passed, failed and skipped tests by file", () => {
  const xml = `<?xml version="1.0"?>
<testsuites name="deno test" tests="4" failures="1">
  <testsuite name="./a_test.ts" tests="3" disabled="1" errors="0" failures="1">
    <testcase name="one" classname="./a_test.ts" time="0.001" line="3" col="6"></testcase>
    <testcase name="two" classname="./a_test.ts" time="0.001"><failure message="x">y</failure></testcase>
    <testcase name="three (skipped: no &quot;helm&quot;)" classname="./a_test.ts"><skipped/></testcase>
  </testsuite>
  <testsuite name="./b_test.ts" tests="1"><testcase name="four" classname="./b_test.ts"/></testsuite>
</testsuites>`;
  assert.deepEqual([...readJunit(xml)], [
    ["./a_test.ts", { passed: 1, failed: 1, skipped: ['three (skipped: no "helm")'] }],
    ["./b_test.ts", { passed: 1, failed: 0, skipped: [] }],
  ]);
});
