/**
 * Path MTU black holes: packets of full size vanish between two nodes, small ones pass, and no router
 * says so. A smaller path that routers report is none, and a dead or lossy pair says nothing.
 *
 * @module
 */

import { bytesText, groupText } from "./report.ts";
import type { MtuVerdict } from "./report.ts";
import type { Mesh } from "../mesh/mesh.ts";

/** A cause, to which the next step is not yet added. */
export type OpenMtuVerdict = Omit<MtuVerdict, "next">;

/** Two nodes, in whichever direction they were measured. */
interface Edge {
  readonly a: string;
  readonly b: string;
  readonly isHole: boolean;
  /** The smaller path MTU of a black hole. */
  readonly passes: number;
}

/** So many pairs of a node must be measured before it is named for them. */
const minPairsOfNode = 3;

/** The causes of the black holes of a mesh, each hole in one of them. */
export function mtuVerdicts(mesh: Mesh): readonly OpenMtuVerdict[] {
  const edges = measuredEdges(mesh);
  if (!edges.some(({ isHole }) => isHole)) return [];
  const search = new CauseSearch(mesh, edges);
  search.findParts();
  search.findZones();
  search.findNodes();
  search.findPairs();
  return search.verdicts;
}

/** A pair counts as measured where either direction has an answer; with several addresses, the worst counts. */
function measuredEdges({ pairs }: Mesh): readonly Edge[] {
  const edges = new Map<string, Edge>();
  for (const { source, destination, pathMtu } of pairs) {
    if (pathMtu?.bytes === undefined || source === destination) continue;
    const [a = "", b = ""] = [source, destination].sort();
    const key = JSON.stringify([a, b]);
    const known = edges.get(key);
    const passes = Math.min(
      known?.isHole ? known.passes : Infinity,
      pathMtu.blackHole ? pathMtu.bytes : Infinity,
    );
    edges.set(key, { a, b, isHole: passes < Infinity, passes });
  }
  return [...edges.values()];
}

/** Finds causes from the widest to the narrowest; each takes its holes out of the search. */
class CauseSearch {
  readonly verdicts: OpenMtuVerdict[] = [];
  readonly #mesh: Mesh;
  readonly #zoneOf: ReadonlyMap<string, string | undefined>;
  /** Those that no verdict has taken yet. */
  #edges: readonly Edge[];
  #byNode: ReadonlyMap<string, readonly Edge[]>;

  constructor(mesh: Mesh, edges: readonly Edge[]) {
    this.#mesh = mesh;
    this.#zoneOf = new Map(mesh.nodes.map(({ name, zone }) => [name, zone]));
    this.#edges = edges;
    this.#byNode = edgesByNode(edges);
  }

  /** The parts within which full-size packets pass; between them, all measured pairs are holes. */
  findParts(): void {
    const parts = partsOf(this.#edges);
    const alone = parts.filter((part) => part.length === 1).flat()
      .filter((node) => this.#edgesOf(node).length >= minPairsOfNode);
    const nodeCount = parts.flat().length;
    if (alone.length >= minPairsOfNode && alone.length > nodeCount / 2) {
      const concerned = new Set(alone);
      this.#add({ nodes: alone.sort() }, ({ a, b }) => concerned.has(a) || concerned.has(b));
      return;
    }
    for (const node of alone) this.#add({ nodes: [node] }, ({ a, b }) => a === node || b === node);
    const groups = parts.filter((part) => part.length > 1).map((part) => part.sort());
    groups.forEach((left, place) => {
      for (const right of groups.slice(place + 1)) this.#addGroups(left, right);
    });
  }

  #addGroups(left: readonly string[], right: readonly string[]): void {
    const between = isBetween(new Set(left), new Set(right));
    const zones = [left, right].map((group) => this.#asZone(group));
    const [one, other] = zones;
    const subject = one !== undefined && other !== undefined
      ? { zones: [one, other].sort() }
      : { groups: [left, right].sort(([a = ""], [b = ""]) => a < b ? -1 : 1) };
    this.#add(subject, between);
  }

  /** The zone whose measured nodes these are, all of them. */
  #asZone(group: readonly string[]): string | undefined {
    const zone = this.#zoneOf.get(group[0] ?? "");
    if (zone === undefined) return undefined;
    const measured = new Set(this.#edges.flatMap(({ a, b }) => [a, b]));
    const ofZone = [...measured].filter((node) => this.#zoneOf.get(node) === zone);
    return ofZone.length === group.length && ofZone.every((node) => group.includes(node))
      ? zone
      : undefined;
  }

  /** Two zones of several nodes each, between which all pairs are holes, though others reach both. */
  findZones(): void {
    const between = Map.groupBy(this.#edges, ({ a, b }) => {
      const [one, other] = [this.#zoneOf.get(a), this.#zoneOf.get(b)];
      return one === undefined || other === undefined || one === other
        ? ""
        : JSON.stringify([one, other].sort());
    });
    for (const [key, edges] of between) {
      if (key === "" || !edges.every(({ isHole }) => isHole)) continue;
      const zones = JSON.parse(key) as string[];
      const sides = zones.map((zone) =>
        new Set(edges.flatMap(({ a, b }) => [a, b]).filter((n) => this.#zoneOf.get(n) === zone))
      );
      if (sides.some(({ size }) => size < 2)) continue;
      const [left = new Set<string>(), right = new Set<string>()] = sides;
      this.#add({ zones }, isBetween(left, right));
    }
  }

  /** Nodes most of whose pairs are holes, the one with the most first. */
  findNodes(): void {
    for (;;) {
      const nodes = new Set(this.#holes().flatMap(({ a, b }) => [a, b]));
      const candidates = [...nodes].map((node) => {
        const edges = this.#edgesOf(node);
        return { node, holes: edges.filter(({ isHole }) => isHole).length, all: edges.length };
      }).filter(({ holes, all }) => all >= minPairsOfNode && holes > all / 2 && holes > 1);
      const [worst] = candidates.sort((one, other) =>
        other.holes - one.holes || (one.node < other.node ? -1 : 1)
      );
      if (worst === undefined) return;
      const { node } = worst;
      this.#add({ nodes: [node] }, ({ a, b }) => a === node || b === node);
    }
  }

  /** What is left. */
  findPairs(): void {
    for (const hole of this.#holes()) {
      this.#add({ nodes: [hole.a, hole.b] }, (edge) => edge === hole);
    }
  }

  #holes(): readonly Edge[] {
    return this.#edges.filter(({ isHole }) => isHole);
  }

  #edgesOf(node: string): readonly Edge[] {
    return this.#byNode.get(node) ?? [];
  }

  /** Adds the verdict, where it explains any hole that is left, and takes its pairs out of the search. */
  #add(
    subject: Pick<MtuVerdict, "nodes" | "zones" | "groups">,
    isConcerned: (edge: Edge) => boolean,
  ): void {
    const concerned = this.#edges.filter(isConcerned);
    const holes = concerned.filter(({ isHole }) => isHole);
    if (holes.length === 0) return;
    this.#edges = this.#edges.filter((edge) => !isConcerned(edge));
    this.#byNode = edgesByNode(this.#edges);
    const passes = commonest(holes.map((hole) => hole.passes)) ?? 0;
    const bytes = { passes, lost: this.#lostBytes(holes, passes) };
    const evidence = evidenceOf(subject, bytes, holes.length, concerned.length);
    this.verdicts.push({ kind: "mtu", ...subject, bytes, loss: 0, evidence });
  }

  /**
   * The size that vanishes: what the sources of these holes send elsewhere with success, since a
   * source's metrics have no more than what was answered. Else the least that can vanish.
   */
  #lostBytes(holes: readonly Edge[], passes: number): number {
    const nodes = new Set(holes.flatMap(({ a, b }) => [a, b]));
    const larger = this.#mesh.pairs.filter(({ pathMtu }) => (pathMtu?.bytes ?? 0) > passes);
    const bytesOf = (pairs: Mesh["pairs"]) =>
      commonest(pairs.flatMap(({ pathMtu }) => pathMtu?.bytes ?? []));
    return bytesOf(larger.filter(({ source }) => nodes.has(source))) ?? bytesOf(larger) ??
      passes + 1;
  }
}

function edgesByNode(edges: readonly Edge[]): ReadonlyMap<string, readonly Edge[]> {
  const byNode = new Map<string, Edge[]>();
  for (const edge of edges) {
    for (const node of [edge.a, edge.b]) {
      const known = byNode.get(node);
      if (known === undefined) byNode.set(node, [edge]);
      else known.push(edge);
    }
  }
  return byNode;
}

function isBetween(
  left: ReadonlySet<string>,
  right: ReadonlySet<string>,
): (edge: Edge) => boolean {
  return ({ a, b }) => (left.has(a) && right.has(b)) || (left.has(b) && right.has(a));
}

/** The parts of the measured nodes that hold together by pairs without a hole. */
function partsOf(edges: readonly Edge[]): string[][] {
  const neighbours = new Map<string, string[]>();
  for (const { a, b, isHole } of edges) {
    for (const [node, other] of [[a, b], [b, a]] as const) {
      const known = neighbours.get(node) ?? [];
      if (!isHole) known.push(other);
      neighbours.set(node, known);
    }
  }
  const seen = new Set<string>();
  const parts: string[][] = [];
  for (const start of neighbours.keys()) {
    if (seen.has(start)) continue;
    const part = [start];
    seen.add(start);
    for (const node of part) {
      for (const next of neighbours.get(node) ?? []) {
        if (!seen.has(next)) part.push(next);
        seen.add(next);
      }
    }
    parts.push(part);
  }
  return parts;
}

/** The commonest number, the smaller of two as common. */
function commonest(numbers: readonly number[]): number | undefined {
  const counts = new Map<number, number>();
  for (const number of numbers) counts.set(number, (counts.get(number) ?? 0) + 1);
  return [...counts].sort(([a, ofA], [b, ofB]) => ofB - ofA || a - b)[0]?.[0];
}

function evidenceOf(
  { nodes = [], zones, groups }: Pick<MtuVerdict, "nodes" | "zones" | "groups">,
  { passes, lost }: MtuVerdict["bytes"],
  holes: number,
  measured: number,
): string {
  const [first, second] = nodes;
  const of = `${holes} of ${measured} measured pairs`;
  const where = zones !== undefined
    ? `between the zones ${zones.join(" and ")} (${of})`
    : groups !== undefined
    ? `between ${groups.map(groupText).join(" and ")} (${of})`
    : nodes.length > 2
    ? `between most nodes (${of})`
    : second !== undefined
    ? `between ${first} and ${second}`
    : `between ${first} and ${holes} of the ${measured} nodes that it was measured with`;
  return `${bytesText(lost)} bytes vanish ${where}, ${
    bytesText(passes)
  } pass, and no router says so`;
}
