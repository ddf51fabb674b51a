/**
 * Path MTU black holes: packets of full size vanish between two nodes, small ones pass, and no router
 * says so. A smaller path that routers report is none, and a dead or lossy pair says nothing.
 *
 * @module
 */

import { maxCauses } from "./model.ts";
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

/** From so many parts on they are not named by twos, since these are too many. */
const manyParts = 4;

/** Pairs above this number are one cause, as in the rules. */
const manyPairs = 20;

/** Unless one node has at least this part of them. */
const minShareOfNode = 0.9;

/** The causes of the black holes of a mesh, each hole in one of them; at most {@linkcode maxCauses}. */
export function mtuVerdicts(mesh: Mesh): readonly OpenMtuVerdict[] {
  const edges = measuredEdges(mesh);
  if (!edges.some(({ isHole }) => isHole)) return [];
  const search = new CauseSearch(mesh, edges);
  search.findParts();
  search.findZones();
  search.findNodes();
  search.findPairs();
  return search.verdicts.slice(0, maxCauses);
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

/** What is measured of one node. */
interface NodeEdges {
  /** All of them, also those that a verdict has taken. */
  readonly edges: Edge[];
  /** How many no verdict has taken yet. */
  left: number;
  /** And how many of these are black holes. */
  holes: number;
}

/** Finds causes from the widest to the narrowest; each takes its holes out of the search. */
class CauseSearch {
  readonly verdicts: OpenMtuVerdict[] = [];
  readonly #zoneOf: ReadonlyMap<string, string | undefined>;
  readonly #sizes: PassingSizes;
  /** Those that no verdict has taken yet. */
  readonly #left: Set<Edge>;
  readonly #byNode: ReadonlyMap<string, NodeEdges>;

  constructor(mesh: Mesh, edges: readonly Edge[]) {
    this.#zoneOf = new Map(mesh.nodes.map(({ name, zone }) => [name, zone]));
    this.#sizes = new PassingSizes(mesh);
    this.#left = new Set(edges);
    this.#byNode = edgesByNode(edges);
  }

  /** The parts within which full-size packets pass; between them, all measured pairs are holes. */
  findParts(): void {
    const parts = partsOf(this.#left).sort((one, other) => other.length - one.length);
    const [largest = [], ...others] = parts;
    const nodeCount = parts.flat().length;
    if (parts.length >= manyParts) {
      const apart = others.flat().filter((node) => this.#isMostlyHoles(node));
      if (apart.length > nodeCount / 2) {
        // A part that is far larger than the next is well, and not one of many.
        const isWell = largest.length > 2 * (others[0]?.length ?? 0);
        const alike = isWell ? [] : largest.filter((node) => this.#isMostlyHoles(node));
        const nodes = [...alike, ...apart].sort();
        const concerned = new Set(nodes);
        this.#add({ nodes }, this.#edgesWhere(({ a, b }) => concerned.has(a) || concerned.has(b)));
        return;
      }
    }
    const alone = parts.filter((part) => part.length === 1).flat()
      .filter((node) => this.#isMostlyHoles(node));
    for (const node of alone) this.#addNode(node);
    const groups = parts.filter((part) => part.length > 1).map((part) => part.sort());
    if (groups.length >= manyParts) return;
    groups.forEach((left, place) => {
      for (const right of groups.slice(place + 1)) this.#addGroups(left, right);
    });
  }

  #addGroups(left: readonly string[], right: readonly string[]): void {
    const between = this.#edgesWhere(isBetween(new Set(left), new Set(right)));
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
    const measured = [...this.#byNode].filter(([, { left }]) => left > 0).map(([node]) => node);
    const ofZone = new Set(measured.filter((node) => this.#zoneOf.get(node) === zone));
    return ofZone.size === group.length && group.every((node) => ofZone.has(node))
      ? zone
      : undefined;
  }

  /** Two zones of several nodes each, between which all pairs are holes, though others reach both. */
  findZones(): void {
    const between = Map.groupBy(this.#left, ({ a, b }) => {
      const [one, other] = [this.#zoneOf.get(a), this.#zoneOf.get(b)];
      return one === undefined || other === undefined || one === other
        ? ""
        : JSON.stringify([one, other].sort());
    });
    for (const [key, edges] of between) {
      if (key === "" || !edges.every(({ isHole }) => isHole)) continue;
      const zones = JSON.parse(key) as string[];
      const nodes = [...new Set(edges.flatMap(({ a, b }) => [a, b]))];
      const isSeveral = (zone: string) =>
        nodes.filter((node) => this.#zoneOf.get(node) === zone).length > 1;
      if (zones.every(isSeveral)) this.#add({ zones }, edges);
    }
  }

  /** Nodes most of whose pairs are holes, the one with the most first. */
  findNodes(): void {
    while (this.verdicts.length < maxCauses) {
      let worst: string | undefined;
      let maxHoles = 1;
      for (const [node, { holes }] of this.#byNode) {
        if (holes < maxHoles || holes < 2 || !this.#isMostlyHoles(node)) continue;
        if (holes === maxHoles && worst !== undefined && worst < node) continue;
        [worst, maxHoles] = [node, holes];
      }
      if (worst === undefined) return;
      this.#addNode(worst);
    }
  }

  /** What is left: each pair, or the node that many have in common, or else many together. */
  findPairs(): void {
    const holes = [...this.#left].filter(({ isHole }) => isHole);
    if (holes.length <= manyPairs) {
      for (const hole of holes) this.#add({ nodes: [hole.a, hole.b] }, [hole]);
      return;
    }
    const shared = [...this.#byNode].find((one) => one[1].holes >= minShareOfNode * holes.length);
    if (shared !== undefined) {
      this.#addNode(shared[0]);
      this.findPairs();
      return;
    }
    const nodes = new Set(holes.flatMap(({ a, b }) => [a, b]));
    const among = this.#edgesWhere(({ a, b }) => nodes.has(a) && nodes.has(b));
    this.#add({ nodes: [...nodes].sort() }, among);
  }

  #isMostlyHoles(node: string): boolean {
    const { left, holes } = this.#byNode.get(node) ?? { left: 0, holes: 0 };
    return left >= minPairsOfNode && holes > left / 2;
  }

  #edgesWhere(isConcerned: (edge: Edge) => boolean): readonly Edge[] {
    return [...this.#left].filter(isConcerned);
  }

  #addNode(node: string): void {
    const { edges = [] } = this.#byNode.get(node) ?? {};
    this.#add({ nodes: [node] }, edges.filter((edge) => this.#left.has(edge)));
  }

  /** Adds the verdict, where it explains any hole that is left, and takes its pairs out of the search. */
  #add(
    subject: Pick<MtuVerdict, "nodes" | "zones" | "groups">,
    concerned: readonly Edge[],
  ): void {
    const holes = concerned.filter(({ isHole }) => isHole);
    if (holes.length === 0) return;
    for (const edge of concerned) {
      this.#left.delete(edge);
      for (const node of [edge.a, edge.b]) {
        const ofNode = this.#byNode.get(node);
        if (ofNode === undefined) continue;
        ofNode.left--;
        if (edge.isHole) ofNode.holes--;
      }
    }
    const passes = commonest(countsOf(holes.map((hole) => hole.passes))) ?? 0;
    const lost = this.#sizes.lostBytes(new Set(holes.flatMap(({ a, b }) => [a, b])), passes);
    const bytes = { passes, lost };
    const evidence = evidenceOf(subject, bytes, holes, concerned.length);
    this.verdicts.push({ kind: "mtu", ...subject, bytes, loss: 0, evidence });
  }
}

/** How many pairs have which path MTU. */
class PassingSizes {
  readonly #ofAll: ReadonlyMap<number, number>;
  readonly #ofSource: ReadonlyMap<string, ReadonlyMap<number, number>>;

  constructor({ pairs }: Mesh) {
    const bytesOf = (some: Mesh["pairs"]) =>
      countsOf(some.flatMap(({ pathMtu }) => pathMtu?.bytes ?? []));
    this.#ofAll = bytesOf(pairs);
    const bySource = Map.groupBy(pairs, ({ source }) => source);
    this.#ofSource = new Map(Array.from(bySource, ([source, of]) => [source, bytesOf(of)]));
  }

  /**
   * The size that vanishes: what these nodes send elsewhere with success, since a source's metrics
   * have no more than what was answered. Else the least that can vanish.
   */
  lostBytes(nodes: ReadonlySet<string>, passes: number): number {
    const ofNodes = new Map<number, number>();
    for (const node of nodes) {
      for (const [bytes, pairs] of this.#ofSource.get(node) ?? []) {
        if (bytes > passes) ofNodes.set(bytes, (ofNodes.get(bytes) ?? 0) + pairs);
      }
    }
    const ofOthers = () => new Map([...this.#ofAll].filter(([bytes]) => bytes > passes));
    return commonest(ofNodes) ?? commonest(ofOthers()) ?? passes + 1;
  }
}

function edgesByNode(edges: readonly Edge[]): ReadonlyMap<string, NodeEdges> {
  const byNode = new Map<string, NodeEdges>();
  for (const edge of edges) {
    for (const node of [edge.a, edge.b]) {
      const known = byNode.get(node) ?? { edges: [], left: 0, holes: 0 };
      known.edges.push(edge);
      known.left++;
      if (edge.isHole) known.holes++;
      byNode.set(node, known);
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
function partsOf(edges: Iterable<Edge>): string[][] {
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

function countsOf(numbers: readonly number[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const number of numbers) counts.set(number, (counts.get(number) ?? 0) + 1);
  return counts;
}

/** The number with the highest count, the smaller of two as common. */
function commonest(counts: ReadonlyMap<number, number>): number | undefined {
  let best: number | undefined;
  let max = 0;
  for (const [number, count] of counts) {
    if (count < max || count === max && best !== undefined && number > best) continue;
    [best, max] = [number, count];
  }
  return best;
}

function evidenceOf(
  { nodes = [], zones, groups }: Pick<MtuVerdict, "nodes" | "zones" | "groups">,
  { passes, lost }: MtuVerdict["bytes"],
  holes: readonly Edge[],
  measured: number,
): string {
  const [first, second] = nodes;
  const of = `${holes.length} of ${measured} measured pairs`;
  const examples = holes.slice(0, 2).map(({ a, b }) => `${a} - ${b}`).join(", ");
  const where = zones !== undefined
    ? `between the zones ${zones.join(" and ")} (${of})`
    : groups !== undefined
    ? `between ${groups.map(groupText).join(" and ")} (${of})`
    : nodes.length > 2
    ? `between ${nodes.length} nodes (${of}; ${examples} ...)`
    : second !== undefined
    ? `between ${first} and ${second}`
    : `between ${first} and ${holes.length} of the ${measured} nodes that it was measured with`;
  return `${bytesText(lost)} bytes vanish ${where}, ${
    bytesText(passes)
  } pass, and no router says so`;
}
