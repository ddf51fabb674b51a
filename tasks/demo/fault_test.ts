import assert from "node:assert/strict";
import { findFault } from "./fault.ts";
import { pairKey } from "./readings.ts";
import type { Reading } from "./readings.ts";

const nodes = ["node-1", "node-2", "node-3", "node-4"];

/** Ten probes a pair, of which the named pairs lose so many. */
function mesh(lost: Readonly<Record<string, number>>): Reading {
  const pairs = nodes.flatMap((source) =>
    nodes.filter((destination) => destination !== source).map((destination) => {
      const key = pairKey(source, destination);
      return [key, { source, destination, sent: 10, received: 10 - (lost[key] ?? 0) }] as const;
    })
  );
  return new Map(pairs);
}

Deno.test("findFault() says nothing of a mesh without loss, or with single lost probes", () => {
  assert.deepEqual(findFault(mesh({})), { kind: "healthy" });
  assert.deepEqual(findFault(mesh({ "node-1 node-2": 1, "node-2 node-1": 2 })), {
    kind: "healthy",
  });
});

Deno.test("findFault() names the link whose two pairs alone are lossy", () => {
  assert.deepEqual(findFault(mesh({ "node-4 node-2": 10, "node-2 node-4": 9 })), {
    kind: "link",
    nodes: ["node-2", "node-4"],
    evidence: "node-2 to node-4 lost 9 of 10, node-4 to node-2 lost 10 of 10; " +
      "10 of the 10 other pairs lost nothing",
  });
});

Deno.test("findFault() does not call one pair, two pairs of two links, or a node a link", () => {
  const one = mesh({ "node-1 node-2": 10 });
  const unrelated = mesh({ "node-1 node-2": 10, "node-3 node-4": 10 });
  const node = mesh(Object.fromEntries(
    nodes.slice(1).flatMap((name) => [[`node-1 ${name}`, 10], [`${name} node-1`, 10]]),
  ));
  for (const counts of [one, unrelated, node]) assert.equal(findFault(counts).kind, "unclear");
});
