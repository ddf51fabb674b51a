import assert from "node:assert/strict";
import { diagnosisCases } from "./cases.ts";
import { caseMesh } from "./cluster.ts";

Deno.test("diagnosisCases have names of their own and expect only nodes and zones they have", () => {
  const names = diagnosisCases.map((one) => one.name);
  assert.equal(new Set(names).size, names.length);
  for (const { name, nodes, expected } of diagnosisCases) {
    for (const { kind, who } of expected) {
      const known = nodes.map((node) => kind === "zone-pair" ? node.zone : node.name);
      for (const one of who) assert.ok(known.includes(one), `${name}: ${one}`);
      if (kind !== "path") assert.deepEqual([...who].sort(), who, name);
    }
  }
});

Deno.test("caseMesh() leaves out the rows of silent sources and compounds losses", () => {
  const both = diagnosisCases.find((one) => one.name.startsWith("20 nodes: a lossy zone pair"));
  assert.ok(both);
  const mesh = caseMesh(both);
  assert.equal(mesh.pairs.length, 19 * 19);
  assert.ok(mesh.pairs.every((pair) => pair.source !== "node-003"));
  const towardDead = mesh.pairs.filter((pair) => pair.destination === "node-003");
  assert.ok(towardDead.length === 19 && towardDead.every((pair) => pair.received === 0));
  const across = mesh.pairs.find((pair) =>
    pair.source === "node-001" && pair.destination === "node-002"
  );
  assert.equal(across?.received, 540);
});
