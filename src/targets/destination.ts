/**
 * Destinations: whom this node probes, in which order, and by which identity their totals live on.
 * Of a large cluster these are K nodes that its agent picks from the list alone, by hash rings: the
 * guarantees and the reasons are in docs/large-clusters.md. A change of the choice breaks them
 * between agents of two versions, and a golden file says so.
 *
 * @module
 */

import type { NodeList } from "../nodes/node_list.ts";

/** One address of a node, or an external target. */
export interface Destination {
  /** External targets are shown, never judged. */
  readonly kind: "node" | "external";
  /** Name of the node, or of the external target. */
  readonly name: string;
  /** As in the list: an IP address, or a host name that the agent resolves. */
  readonly address: string;
  /** Failure zone, where known. */
  readonly zone?: string;
  /** True for cordoned nodes alone. */
  readonly cordoned?: boolean;
  /**
   * Of an external target: which addresses of its host name are taken; of any family when absent.
   */
  readonly ipFamily?: "ipv4" | "ipv6";
}

/** What a node list means for one node. */
export interface DestinationPlan {
  /** One for each name and address. */
  readonly destinations: readonly Destination[];
  /** The node's own entries: they are not destinations. */
  readonly ownAddresses: readonly string[];
  /** Failure zone of the agent's own node, where the list has it. */
  readonly ownZone?: string;
  /** How many nodes are probed, each at all of its addresses. */
  readonly meshDegree: number;
}

/**
 * The destinations of one node: the nodes that the mesh gives it, and all external targets, of
 * which one may share the node's name.
 */
export function planDestinations(
  list: NodeList,
  ownNode: string,
  degree: MeshDegree,
  fullMeshLimit?: number,
): DestinationPlan {
  const own = list.nodes.filter((node) => node.name === ownNode);
  const chosen = chooseNodes(list.nodes, ownNode, degree, fullMeshLimit);
  const nodes = list.nodes
    .filter((node) => chosen.has(node.name))
    .map(({ name, ipAddress, zone, cordoned }): Destination => ({
      kind: "node",
      name,
      address: ipAddress,
      ...(zone === undefined ? {} : { zone }),
      ...(cordoned === undefined ? {} : { cordoned }),
    }));
  const externals = list.externalTargets
    .map(({ name, host, ipFamily }): Destination => ({
      ...{ kind: "external", name, address: host },
      ...(ipFamily === undefined ? {} : { ipFamily }),
    }));
  const ownZone = own.find((node) => node.zone !== undefined)?.zone;
  return {
    destinations: [...nodes, ...externals],
    ownAddresses: own.map((node) => node.ipAddress),
    ...(ownZone === undefined ? {} : { ownZone }),
    meshDegree: chosen.size,
  };
}

/** The identity of a destination: a change of zone or cordon leaves it, a new address does not. */
export function identityOf(destination: Destination): string {
  return [destination.kind, destination.name, destination.address].join("\n");
}

/**
 * Shuffles without changing the input. Every node and every start of an agent has an order of its
 * own: with the order of the list, all nodes would probe the first one at the same moment.
 */
export function shuffled<T>(items: readonly T[], random: () => number = Math.random): readonly T[] {
  return items
    .map((item) => ({ item, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

/**
 * How many nodes each node probes: all, a number, or all of a small cluster and some of a large.
 */
export type MeshDegree = "auto" | "full" | number;

/** The largest list of which "auto" makes a full mesh, in nodes, unless it is set otherwise. */
export const maxFullMesh = 200;

/** How many nodes each node probes in a larger one. */
export const sampledMeshDegree = 64;

/**
 * The smallest number that can be asked for: with 8, some node has fewer than 4 sources or over 16.
 */
export const minMeshDegree = 16;

/** What the choice depends on. A node may stand in the list several times, once an address. */
export interface ZonedNode {
  /** Unique in the list. */
  readonly name: string;
  /** Nodes without a zone are one zone. */
  readonly zone?: string;
}

interface Member extends RingMember {
  readonly name: string;
  readonly zone: string;
}

/** The ring whose order links the nodes of each zone; the others are numbered from 0. */
const zoneRing = -1;

/**
 * The names of the nodes that the source probes, of which it is none. The order of the list does
 * not matter. A source that is not in the list chooses as if it were, without a zone. Up to
 * `fullMeshLimit` nodes, "auto" is all of them.
 */
export function chooseNodes(
  nodes: readonly ZonedNode[],
  source: string,
  setting: MeshDegree,
  fullMeshLimit: number = maxFullMesh,
): ReadonlySet<string> {
  const zoneOf = new Map<string, string>([[source, ""]]);
  for (const { name, zone } of nodes) zoneOf.set(name, zoneOf.get(name) || (zone ?? ""));
  const degree = Math.min(zoneOf.size - 1, plannedDegree(setting, zoneOf.size, fullMeshLimit));
  if (degree === zoneOf.size - 1) {
    zoneOf.delete(source);
    return new Set(zoneOf.keys());
  }
  const members = [...zoneOf.keys()].sort().map((name, order): Member => ({
    ...{ name, order, key: ringKey(name), zone: zoneOf.get(name) ?? "" },
  }));
  return new Set([...chooseMembers(members, source, degree)].map(({ name }) => name));
}

function plannedDegree(setting: MeshDegree, nodeCount: number, fullMeshLimit: number): number {
  if (setting === "full") return nodeCount - 1;
  if (setting !== "auto") return setting;
  return nodeCount <= fullMeshLimit ? nodeCount - 1 : sampledMeshDegree;
}

/**
 * First the mandatory peers, then on one ring after the other the next node that is not chosen
 * yet. When a node goes, only those that chose it choose another, one each, and those that take
 * over its mandatory peers.
 */
function chooseMembers(members: readonly Member[], source: string, degree: number): Set<Member> {
  const chosen = new Set<Member>();
  const own = members.find(({ name }) => name === source);
  if (own === undefined) return chosen;
  for (const member of mandatoryPeers(own, members, degree)) {
    if (chosen.size < degree) chosen.add(member);
  }
  const isFree = (member: Member) => !chosen.has(member);
  for (let ring = 0; chosen.size < degree; ring++) {
    const next = following(ring, own, members, isFree);
    if (next !== undefined) chosen.add(next);
  }
  return chosen;
}

/**
 * Links that must not be left to chance: all nodes of a zone are one circle, and one node of a
 * zone, its delegate, probes the delegate of each zone that this zone watches.
 */
function* mandatoryPeers(
  own: Member,
  members: readonly Member[],
  degree: number,
): Generator<Member> {
  const zones = Map.groupBy(members, ({ zone }) => zone);
  const neighbours = zones.get(own.zone) ?? [];
  const next = following(zoneRing, own, neighbours, () => true);
  if (next !== undefined) yield next;
  for (const zone of watchedZones(own.zone, zones, degree)) {
    const bridge = namedRing(`${own.zone}\n${zone}`);
    if (firstOn(bridge, neighbours) !== own) continue;
    const delegate = firstOn(bridge, zones.get(zone) ?? []);
    if (delegate !== undefined) yield delegate;
  }
}

/**
 * The zone that follows by name, so that the zones are a circle, too, which the loss of one leaves
 * whole; and where a zone has at least K nodes, all other such zones.
 */
function watchedZones(
  zone: string,
  zones: ReadonlyMap<string, readonly Member[]>,
  degree: number,
): ReadonlySet<string> {
  const names = [...zones.keys()].sort();
  const next = names[(names.indexOf(zone) + 1) % names.length] ?? zone;
  const isLarge = (name: string) => (zones.get(name)?.length ?? 0) >= degree;
  const watched = new Set([next, ...(isLarge(zone) ? names.filter(isLarge) : [])]);
  watched.delete(zone);
  return watched;
}

/** Something with a place on every ring. */
export interface RingMember {
  /** Two hashes of the name, of 32 bits each: the places on all rings follow from them. */
  readonly key: readonly [number, number];
  /** Place in the order of the names, which decides where two share a place on a ring. */
  readonly order: number;
}

/** The key of a name. 32 bits would give some two of 10,000 names the same place on every ring. */
export function ringKey(name: string): RingMember["key"] {
  return [hashOf(name, 0), hashOf(name, 0x9e3779b9)];
}

/** The number of a ring that has a name rather than a number. */
export function namedRing(name: string): number {
  return ringKey(name)[0];
}

/** Place of a member on a ring, 0 ... 2^32 - 1; the places on two rings are unrelated. */
export function placeOn(ring: number, { key }: RingMember): number {
  return mixed(mixed(key[0] ^ ring) + key[1]) >>> 0;
}

/** The first candidate on the ring; undefined when there is none. Candidates come by order. */
export function firstOn<T extends RingMember>(
  ring: number,
  candidates: readonly T[],
): T | undefined {
  return nearest(candidates, (candidate) => placeOn(ring, candidate));
}

/**
 * The free candidate that follows a member on the ring; undefined when there is none. Candidates
 * come by order. Following one another, all members make exactly one circle.
 */
export function following<T extends RingMember>(
  ring: number,
  member: RingMember,
  candidates: readonly T[],
  isFree: (candidate: T) => boolean,
): T | undefined {
  const start = placeOn(ring, member);
  return nearest(candidates, (candidate) => {
    if (candidate.order === member.order || !isFree(candidate)) return Infinity;
    const distance = (placeOn(ring, candidate) - start) >>> 0;
    return distance === 0 && candidate.order < member.order ? 2 ** 32 : distance;
  });
}

function nearest<T>(candidates: readonly T[], distanceTo: (candidate: T) => number): T | undefined {
  let found: T | undefined;
  let nearestDistance = Infinity;
  for (const candidate of candidates) {
    const distance = distanceTo(candidate);
    if (distance >= nearestDistance) continue;
    found = candidate;
    nearestDistance = distance;
  }
  return found;
}

/** Not a hash against attackers: who writes the node list decides who is probed anyway. */
function hashOf(name: string, seed: number): number {
  let hash = seed;
  for (let index = 0; index < name.length; index++) hash = mixed(hash ^ name.charCodeAt(index));
  return hash;
}

/** The finalizer of MurmurHash3 (32 bits): a change of any bit changes each bit by even chance. */
function mixed(bits: number): number {
  let mix = bits | 0;
  mix = Math.imul(mix ^ (mix >>> 16), 0x85ebca6b);
  mix = Math.imul(mix ^ (mix >>> 13), 0xc2b2ae35);
  return mix ^ (mix >>> 16);
}
