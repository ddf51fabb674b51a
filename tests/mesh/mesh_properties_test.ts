/** What docs/large-clusters.md promises of the mesh, at the sizes it promises it for. @module */

import assert from "node:assert/strict";
import { chooseNodes, minMeshDegree, sampledMeshDegree } from "../../src/targets/destination.ts";
import type { ZonedNode } from "../../src/targets/destination.ts";
import { edgesOf, isConnected } from "./connected.ts";
import { wholeMesh } from "./whole_mesh.ts";
import type { WholeMesh } from "./whole_mesh.ts";

interface Cluster {
  readonly title: string;
  readonly nodes: readonly ZonedNode[];
  readonly degree: number;
}

const clusters: readonly Cluster[] = [
  ...[201, 1000, 5000, 10_000].flatMap((count) =>
    [1, 3, 16].map((zones) => unevenCluster(count, zones, sampledMeshDegree))
  ),
  unevenCluster(1000, 16, minMeshDegree),
  unevenCluster(40, 3, minMeshDegree),
  unevenCluster(1000, 16, 300),
  cluster("1,000 nodes, all but 6 in one of 7 zones", 1000, (n) => n < 994 ? 0 : n, 64),
  cluster("1,000 nodes in racks of 5", 1000, (n) => Math.floor(n / 5), 64),
  cluster("9,984 nodes in 156 zones of 64", 9984, (n) => n % 156, 64),
  cluster("201 nodes, each a zone", 201, (n) => n, 64),
];

for (const { title, nodes, degree } of clusters) {
  Deno.test(`the mesh keeps its promises: ${title}, degree ${degree}`, async (test) => {
    const mesh = wholeMesh(nodes, degree);
    const edges = edgesOf(mesh);
    await test.step("the agent chooses the same", () => {
      for (const node of someOf(nodes.length, 10)) {
        const source = mesh.names[node] ?? "";
        const expected = [...mesh.destinations[node] ?? []].map((number) => mesh.names[number]);
        assert.deepEqual([...chooseNodes(nodes, source, degree)], expected, source);
      }
    });
    await test.step("each node probes K others, and K/2 to 2K probe it", () => {
      const sources = Array<number>(nodes.length).fill(0);
      mesh.destinations.forEach((chosen, source) => {
        assert.equal(chosen.size, degree);
        assert.ok(!chosen.has(source));
        for (const destination of chosen) sources[destination] = (sources[destination] ?? 0) + 1;
      });
      assert.ok(Math.min(...sources) >= degree / 2, `${Math.min(...sources)} sources`);
      assert.ok(Math.max(...sources) <= degree * 2, `${Math.max(...sources)} sources`);
    });
    await test.step("every two zones of K nodes watch each other", () => {
      assert.deepEqual(unwatchedZones(mesh, degree), []);
    });
    await test.step("it holds together without any one zone", () => {
      for (const [zone, members] of mesh.zones) {
        const gone = new Set(members);
        assert.ok(isConnected(edges, nodes.length, (node) => gone.has(node)), zone);
      }
    });
    await test.step("it holds together without any of 1,000 random tenths", () => {
      const random = randomNumbers(nodes.length);
      for (let draw = 0; draw < 1000; draw++) {
        const gone = randomTenth(nodes.length, random);
        assert.ok(isConnected(edges, nodes.length, (node) => gone[node] === 1), `draw ${draw}`);
      }
    });
    await test.step("a node more or less changes few pairs", () => {
      for (const node of someOf(nodes.length, 3)) {
        const without = wholeMesh(nodes.filter(({ name }) => name !== mesh.names[node]), degree);
        const changed = changedPairs(mesh, without, node);
        assert.ok(changed <= 4 * degree + 4 * mesh.zones.size, `${changed} pairs`);
      }
    });
  });
}

function cluster(
  title: string,
  count: number,
  zoneOf: (node: number) => number,
  degree: number,
): Cluster {
  const nodes = Array.from({ length: count }, (_, n): ZonedNode => ({
    name: `node-${n}`,
    zone: `zone-${zoneOf(n)}`,
  }));
  return { title, nodes, degree };
}

/** Each zone has seven tenths of the nodes of the one before. */
function unevenCluster(count: number, zones: number, degree: number): Cluster {
  const weights = Array.from({ length: zones }, (_, zone) => 0.7 ** zone);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const zoneOf = (node: number) => {
    if (node < zones) return node;
    let rest = (node - zones) / (count - zones) * total;
    return weights.findIndex((weight) => (rest -= weight) < 0);
  };
  return cluster(`${count} nodes in ${zones} uneven zones`, count, zoneOf, degree);
}

function unwatchedZones({ zones, destinations }: WholeMesh, degree: number): readonly string[] {
  const zoneOf = new Map([...zones].flatMap(([zone, nodes]) => nodes.map((node) => [node, zone])));
  const large = [...zones].filter(([, nodes]) => nodes.length >= degree);
  return large.flatMap(([zone, nodes]) => {
    const watched = new Set(
      nodes.flatMap((node) => [...destinations[node] ?? []].map((to) => zoneOf.get(to))),
    );
    return large.map(([other]) => other).filter((other) => !watched.has(other))
      .map((other) => `${zone} does not watch ${other}`);
  });
}

/** Pairs that are in one mesh only; the second has all nodes of the first but one. */
function changedPairs(whole: WholeMesh, without: WholeMesh, gone: number): number {
  const inWhole = (node: number) => node < gone ? node : node + 1;
  let kept = 0;
  without.destinations.forEach((chosen, source) => {
    const before = whole.destinations[inWhole(source)];
    for (const destination of chosen) if (before?.has(inWhole(destination))) kept++;
  });
  return pairCount(whole) + pairCount(without) - 2 * kept;
}

function pairCount({ destinations }: WholeMesh): number {
  return destinations.reduce((sum, chosen) => sum + chosen.size, 0);
}

/** Numbers of some nodes, spread evenly. */
function someOf(count: number, wanted: number): readonly number[] {
  return Array.from({ length: wanted }, (_, n) => Math.floor((n + 0.5) * count / wanted));
}

function randomTenth(count: number, random: () => number): Uint8Array<ArrayBuffer> {
  const gone = new Uint8Array(count);
  for (let left = Math.floor(count / 10); left > 0;) {
    const node = Math.floor(random() * count);
    if (gone[node] === 1) continue;
    gone[node] = 1;
    left--;
  }
  return gone;
}

/** The same numbers, 0 to 1, at each run (a linear congruential generator, Numerical Recipes). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
