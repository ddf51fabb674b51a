import assert from "node:assert/strict";
import { identityOf, planDestinations } from "./destination.ts";

Deno.test("planDestinations() leaves the own node out and keeps its zone and addresses", () => {
  const plan = planDestinations({
    nodes: [
      { name: "a", ipAddress: "10.0.0.1", zone: "z1" },
      { name: "a", ipAddress: "fd00::1", zone: "z1" },
      { name: "b", ipAddress: "10.0.0.2", zone: "z2", cordoned: true },
    ],
    externalTargets: [{ name: "a", host: "192.0.2.1" }],
  }, "a");
  assert.deepEqual(plan, {
    destinations: [
      { kind: "node", name: "b", address: "10.0.0.2", zone: "z2", cordoned: true },
      { kind: "external", name: "a", address: "192.0.2.1" },
    ],
    ownAddresses: ["10.0.0.1", "fd00::1"],
    ownZone: "z1",
  });
});

Deno.test("planDestinations() says that the own node is missing by an empty list of addresses", () => {
  const plan = planDestinations({
    nodes: [{ name: "b", ipAddress: "10.0.0.2" }],
    externalTargets: [],
  }, "a");
  assert.deepEqual(plan.ownAddresses, []);
});

Deno.test("identityOf() tells name, address and kind apart, and nothing else", () => {
  const node = { kind: "node", name: "a", address: "10.0.0.1" } as const;
  assert.equal(identityOf(node), identityOf({ ...node, zone: "z", cordoned: true }));
  assert.notEqual(identityOf(node), identityOf({ ...node, address: "10.0.0.2" }));
  assert.notEqual(identityOf(node), identityOf({ ...node, name: "b" }));
  assert.notEqual(identityOf(node), identityOf({ ...node, kind: "external" }));
});
