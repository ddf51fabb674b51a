import assert from "node:assert/strict";
import { identityOf, planDestinations } from "./destination.ts";

Deno.test("planDestinations() leaves the own node out and keeps its zone and addresses", () => {
  const plan = planDestinations(
    {
      nodes: [
        { name: "a", ipAddress: "10.0.0.1", zone: "z1" },
        { name: "a", ipAddress: "fd00::1", zone: "z1" },
        { name: "b", ipAddress: "10.0.0.2", zone: "z2", cordoned: true },
      ],
      externalTargets: [{ name: "a", host: "192.0.2.1" }],
    },
    "a",
    "auto",
  );
  assert.deepEqual(plan, {
    destinations: [
      { kind: "node", name: "b", address: "10.0.0.2", zone: "z2", cordoned: true },
      { kind: "external", name: "a", address: "192.0.2.1" },
    ],
    ownAddresses: ["10.0.0.1", "fd00::1"],
    ownZone: "z1",
    meshDegree: 1,
  });
});

Deno.test("planDestinations() takes all addresses of the chosen nodes, and all external targets", () => {
  const names = Array.from({ length: 30 }, (_, n) => `node-${n}`);
  const externalTargets = Array.from({ length: 20 }, (_, n) => ({
    name: `external-${n}`,
    host: `192.0.2.${n}`,
  }));
  const nodes = names.flatMap((name, n) => [
    { name, ipAddress: `10.0.0.${n}` },
    { name, ipAddress: `fd00::${n}` },
  ]);
  const plan = planDestinations({ nodes, externalTargets }, "node-3", 8);
  assert.equal(plan.meshDegree, 8);
  const [ofNodes, external] = ["node", "external"]
    .map((kind) => plan.destinations.filter((destination) => destination.kind === kind));
  assert.equal(external?.length, 20);
  assert.equal(ofNodes?.length, 16);
  assert.equal(new Set(ofNodes?.map(({ name }) => name)).size, 8);
});

Deno.test("planDestinations() says that the own node is missing by an empty list of addresses", () => {
  const plan = planDestinations(
    {
      nodes: [{ name: "b", ipAddress: "10.0.0.2" }],
      externalTargets: [],
    },
    "a",
    "auto",
  );
  assert.deepEqual(plan.ownAddresses, []);
});

Deno.test("identityOf() tells name, address and kind apart, and nothing else", () => {
  const node = { kind: "node", name: "a", address: "10.0.0.1" } as const;
  assert.equal(identityOf(node), identityOf({ ...node, zone: "z", cordoned: true }));
  assert.notEqual(identityOf(node), identityOf({ ...node, address: "10.0.0.2" }));
  assert.notEqual(identityOf(node), identityOf({ ...node, name: "b" }));
  assert.notEqual(identityOf(node), identityOf({ ...node, kind: "external" }));
});
