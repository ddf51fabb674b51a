import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  chooseNodes,
  identityOf,
  maxFullMesh,
  planDestinations,
  sampledMeshDegree,
  shuffled,
} from "./destination.ts";
import type { ZonedNode } from "./destination.ts";
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

function someNodes(count: number, zones: number): ZonedNode[] {
  return Array.from({ length: count }, (_, n) => ({
    name: `node-${n}`,
    ...(n % zones === 0 ? {} : { zone: `zone-${n % zones}` }),
  }));
}

Deno.test("chooseNodes() makes a full mesh of up to 200 nodes, and a sampled one of more", () => {
  const small = someNodes(maxFullMesh, 3);
  assert.deepEqual(
    [...chooseNodes(small, "node-7", "auto")],
    small.map(({ name }) => name).filter((name) => name !== "node-7"),
  );
  const large = someNodes(maxFullMesh + 1, 3);
  assert.equal(chooseNodes(large, "node-7", "auto").size, sampledMeshDegree);
  assert.equal(chooseNodes(large, "node-7", "full").size, maxFullMesh);
  assert.equal(chooseNodes(large, "node-7", 10).size, 10);
  assert.equal(chooseNodes(someNodes(5, 1), "node-7", 10).size, 5, "no more than there are");
});

Deno.test("chooseNodes() makes a full mesh up to the limit that is set", () => {
  const nodes = someNodes(300, 3);
  assert.equal(chooseNodes(nodes, "node-7", "auto", 300).size, 299);
  assert.equal(chooseNodes(nodes, "node-7", "auto", 299).size, sampledMeshDegree);
  assert.equal(chooseNodes(nodes, "node-7", 16, 300).size, 16, "a number wins");
});

Deno.test("chooseNodes() counts a node with several addresses once", () => {
  const once = someNodes(300, 3);
  const twice = once.flatMap((node) => [node, node]);
  assert.deepEqual(chooseNodes(twice, "node-1", "auto"), chooseNodes(once, "node-1", "auto"));
  const dualStack = someNodes(150, 3).flatMap((node) => [node, node]);
  assert.equal(chooseNodes(dualStack, "node-1", "auto").size, 149);
});

Deno.test("chooseNodes() does not depend on the order of the list", () => {
  const nodes = someNodes(300, 3);
  assert.deepEqual(
    chooseNodes(nodes.toReversed(), "node-1", "auto"),
    chooseNodes(nodes, "node-1", "auto"),
  );
});

Deno.test("chooseNodes() chooses for a source that is not in the list", () => {
  const chosen = chooseNodes(someNodes(300, 3), "newcomer", "auto");
  assert.equal(chosen.size, sampledMeshDegree);
  assert.ok(!chosen.has("newcomer"));
});

Deno.test("chooseNodes() chooses no more than asked for, however many zones watch each other", () => {
  const nodes = someNodes(40, 20);
  for (const { name } of nodes) assert.equal(chooseNodes(nodes, name, 2).size, 2, name);
});

Deno.test("chooseNodes() chooses as every version has done", async () => {
  const path = new URL("../../tests/testdata/mesh/choices.json", import.meta.url);
  const golden = JSON.parse(await Deno.readTextFile(path)) as Golden;
  const made = golden.meshes.map(({ nodes, zones, degree }) =>
    describe(someNodes(nodes, zones), { nodes, zones, degree })
  );
  assert.deepEqual(made, golden.meshes);
});

/** Nodes "node-0" ...; node n is in zone "zone-<n % zones>", and without one where that is 0. */
interface Golden {
  readonly meshes: readonly GoldenMesh[];
}

interface GoldenMesh {
  readonly nodes: number;
  readonly zones: number;
  readonly degree: "auto" | number;
  /** What node-0 probes, in the order of choice. */
  readonly node0: string;
  /** SHA-256 of what every tenth node probes, a line each. */
  readonly digest: string;
}

function describe(
  nodes: readonly ZonedNode[],
  mesh: Pick<GoldenMesh, "nodes" | "zones" | "degree">,
): GoldenMesh {
  const lines = nodes
    .filter((_, number) => number % 10 === 0)
    .map(({ name }) => [...chooseNodes(nodes, name, mesh.degree)].join(" "));
  const digest = createHash("sha256").update(lines.join("\n")).digest("hex");
  return { ...mesh, node0: lines[0] ?? "", digest };
}
