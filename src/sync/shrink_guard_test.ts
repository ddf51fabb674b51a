import assert from "node:assert/strict";
import { shrinkRefusal } from "./shrink_guard.ts";

function nodes(count: number): { name: string; ipAddress: string }[] {
  return Array.from({ length: count }, (_, i) => ({ name: `n${i}`, ipAddress: `10.0.0.${i}` }));
}

Deno.test("shrinkRefusal() allows up to maxShrink and refuses more", () => {
  assert.equal(shrinkRefusal(nodes(10), nodes(5), 50), undefined);
  assert.match(shrinkRefusal(nodes(10), nodes(4), 50) ?? "", /from 10 to 4 nodes, by 60 %.*60$/);
  assert.equal(shrinkRefusal(nodes(10), nodes(4), 60), undefined);
  assert.equal(shrinkRefusal(nodes(10), nodes(20), 0), undefined);
  assert.match(shrinkRefusal(nodes(10), nodes(9), 0) ?? "", /--max-shrink 0/);
});

Deno.test("shrinkRefusal() names what can be set where it runs", () => {
  assert.match(
    shrinkRefusal(nodes(10), nodes(4), 50, "value") ?? "",
    /more than nodePing\.maxShrink 50; if that is right, set it to 60 for a while$/,
  );
});

Deno.test("shrinkRefusal() never allows an empty list, and a first one always", () => {
  assert.match(shrinkRefusal(nodes(1), [], 100) ?? "", /an empty list is never written/);
  assert.match(shrinkRefusal([], [], 100) ?? "", /an empty list is never written/);
  assert.equal(shrinkRefusal([], nodes(3), 0), undefined);
});

Deno.test("shrinkRefusal() counts a node with two addresses once", () => {
  const dual = nodes(2).flatMap((node) => [node, { ...node, ipAddress: "fd00::1" }]);
  assert.equal(shrinkRefusal(dual, nodes(2), 0), undefined);
});
