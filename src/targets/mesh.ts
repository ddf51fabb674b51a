/**
 * Whom each node probes in a large cluster: K nodes that its agent picks from the list alone. The
 * guarantees and the reasons are in docs/large-clusters.md; a change of the choice breaks them
 * between agents of two versions, and a golden file says so.
 *
 * @module
 */

import { firstOn, following, namedRing, ringKey } from "./ring.ts";
import type { RingMember } from "./ring.ts";

/** How many nodes each node probes: all, a number, or all of a small cluster and some of a large. */
export type MeshDegree = "auto" | "full" | number;

/** The largest list of which "auto" makes a full mesh, in nodes, unless it is set otherwise. */
export const largestFullMesh = 200;

/** How many nodes each node probes in a larger one. */
export const sampledMeshDegree = 64;

/** The least number that can be asked for: with 8, some node has fewer than 4 sources or over 16. */
export const leastMeshDegree = 16;

/** What the choice depends on. A node may stand in the list several times, once an address. */
export interface MeshNode {
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
  nodes: readonly MeshNode[],
  source: string,
  setting: MeshDegree,
  fullMeshLimit: number = largestFullMesh,
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
 * First the duties, then on one ring after the other the next node that is not chosen yet. When a
 * node goes, only those that chose it choose another, one each, and those that take its duties.
 */
function chooseMembers(members: readonly Member[], source: string, degree: number): Set<Member> {
  const chosen = new Set<Member>();
  const own = members.find(({ name }) => name === source);
  if (own === undefined) return chosen;
  for (const member of duties(own, members, degree)) {
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
 * Links that must not be left to chance: all nodes of a zone are one circle, and one node of a zone,
 * its delegate, probes the delegate of each zone that this zone watches.
 */
function* duties(own: Member, members: readonly Member[], degree: number): Generator<Member> {
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
