import assert from "node:assert/strict";
import { diffCounts, diffNodes, diffText, isEmptyDiff } from "./report.ts";

const a = { name: "a", ipAddress: "10.0.0.1" };
const b = { name: "b", ipAddress: "10.0.0.2" };

Deno.test("diffNodes() does not mind the order of nodes and addresses", () => {
  const b6 = { name: "b", ipAddress: "fd00::2" };
  assert.ok(isEmptyDiff(diffNodes([a, b, b6], [b6, b, a])));
  assert.ok(isEmptyDiff(diffNodes([{ ...a, zone: "" }], [a])));
});

Deno.test("diffNodes() tells added, removed and changed nodes apart", () => {
  const diff = diffNodes([a, b], [{ ...a, zone: "z" }, { name: "c", ipAddress: "10.0.0.3" }]);
  assert.equal(diffCounts(diff), "+1 -1 ~1");
  assert.equal(
    diffText(diff),
    "  + c  10.0.0.3\n  - b  10.0.0.2\n  ~ a  10.0.0.1 -> 10.0.0.1, zone z\n",
  );
});

Deno.test("diffNodes() sees a second address and a cordon as changes of one node", () => {
  const diff = diffNodes([a, b], [a, { name: "a", ipAddress: "fd00::1" }, {
    ...b,
    cordoned: true,
  }]);
  assert.equal(diffCounts(diff), "+0 -0 ~2");
});

Deno.test("diffCounts() counts nodes, not addresses", () => {
  assert.equal(diffCounts(diffNodes([], [a, { name: "a", ipAddress: "fd00::1" }, b])), "+2 -0 ~0");
});
