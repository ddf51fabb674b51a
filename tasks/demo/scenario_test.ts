import assert from "node:assert/strict";
import { pairKey } from "./observer.ts";
import type { Reading } from "./observer.ts";
import { linkOf, sayVerdicts, verdictsOf } from "./scenario.ts";

/** Ten probes a pair, of which the named pairs lose so many. */
function mesh(size: number, lost: Readonly<Record<string, number>>): Reading {
  const nodes = Array.from({ length: size }, (_, index) => `node-${index + 1}`);
  const pairs = nodes.flatMap((source) =>
    nodes.filter((destination) => destination !== source).map((destination) => {
      const key = pairKey(source, destination);
      return [key, { source, destination, sent: 10, received: 10 - (lost[key] ?? 0) }] as const;
    })
  );
  return new Map(pairs);
}

Deno.test("verdictsOf() finds nothing in a mesh without loss, or with a single lost probe", () => {
  for (const size of [3, 8]) {
    for (const lost of [{}, { "node-1 node-2": 1 }]) {
      assert.deepEqual(verdictsOf(mesh(size, lost)), []);
    }
  }
  assert.deepEqual(sayVerdicts([]), ["nothing is at fault."]);
});

Deno.test("verdictsOf() names the cut link in the smallest and the largest mesh", () => {
  for (const size of [3, 8]) {
    const verdicts = verdictsOf(mesh(size, { "node-3 node-2": 10, "node-2 node-3": 9 }));
    assert.deepEqual(linkOf(verdicts), ["node-2", "node-3"]);
    assert.match(sayVerdicts(verdicts).join("\n"), /^the link between node-2 and node-3 is at/);
  }
});

Deno.test("linkOf() takes a dead node for no link", () => {
  const dead = Object.fromEntries(
    ["node-2", "node-3", "node-4"].flatMap((name) => [
      [`node-1 ${name}`, 10],
      [`${name} node-1`, 10],
    ]),
  );
  assert.equal(linkOf(verdictsOf(mesh(4, dead))), undefined);
});
