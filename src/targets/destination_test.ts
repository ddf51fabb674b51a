import assert from "node:assert/strict";
import { identityOf, planDestinations, shuffled } from "./destination.ts";
import { makeRandom } from "../../tests/fakes/random.ts";

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

const items = Array.from({ length: 100 }, (_, i) => i);

Deno.test("shuffled() keeps every item once and leaves its input alone", () => {
  const input = [...items];
  const result = shuffled(input);
  assert.deepEqual(input, items);
  assert.deepEqual([...result].sort((a, b) => a - b), items);
  assert.deepEqual(shuffled([]), []);
});

Deno.test("shuffled() gives another order for other chance, the same for the same", () => {
  assert.deepEqual(shuffled(items, makeRandom(1)), shuffled(items, makeRandom(1)));
  assert.notDeepEqual(shuffled(items, makeRandom(1)), shuffled(items, makeRandom(2)));
  assert.notDeepEqual(shuffled(items), shuffled(items));
});

Deno.test("shuffled() puts every item at every place about equally often", () => {
  const random = makeRandom(7);
  const places = new Map<string, number>();
  for (let i = 0; i < 5000; i++) {
    shuffled(["a", "b", "c", "d", "e"], random).forEach((item, place) => {
      places.set(`${item}${place}`, (places.get(`${item}${place}`) ?? 0) + 1);
    });
  }
  assert.equal(places.size, 25);
  for (const [key, count] of places) assert.ok(Math.abs(count - 1000) < 150, `${key}: ${count}`);
});
