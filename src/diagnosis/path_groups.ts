/** Groups of nodes between which links lose: the graph of lossy links, parted such that hardly any lies within a group. @module */

import type { Explanation } from "./model.ts";
import type { Observations } from "./observations.ts";

/** A pair loses when that is likelier than its present explanation by so many nats. */
export const lossyNats = 6;

/** What loses so much less clearly than the mean of the lossy pairs does not lose by the same path. */
const faintShare = 0.05;

/** Fewer links than these are links, not a path. */
const minLossyLinks = 4;

/** A node that loses to more of its peers than this is itself at fault, whatever the paths do. */
const nodeShare = 0.9;

/** Part of the lossy links that may lie within a group: other faults. */
const strayShare = 0.1;

/** The same where zones are the groups: by chance, most links lie across zones where these are many. */
const strayZoneShare = 0.02;

/** Groups of nodes. */
export type Groups = readonly (readonly number[])[];

/** Per node, the others with which it has a lossy link. */
type LossyLinks = readonly (readonly number[])[];

/** What the losses that are left unexplained suggest. */
export interface FoundGroups {
  /** Groups between which nodes lose. */
  readonly groups: Groups;
  /** Whether they are zones, in full. */
  readonly areZones: boolean;
}

/** The groups that the lossy links suggest: zones where these part them; none where few links lose. */
export function lossyGroups(explanation: Explanation): readonly FoundGroups[] {
  const lossy = lossyLinks(explanation);
  const parts = components(lossy);
  if (parts.reduce((sum, { links }) => sum + links, 0) < minLossyLinks) return [];
  const all = parts.flatMap(({ nodes }) => nodes);
  const zones = zonesThatPart(explanation.seen, all, lossy);
  const apart = parts.filter(({ links }) => links >= minLossyLinks)
    .map(({ nodes }) => parted(nodes, lossy));
  const together = parts.length > 1
    ? joined(parts.map(({ nodes }) => parted(nodes, lossy, 1)))
    : undefined;
  return [
    ...(zones ? [{ groups: zones, areZones: true }] : []),
    ...[...apart, together].flatMap((groups) => groups ? [{ groups, areZones: false }] : []),
  ];
}

/** Parts that no lossy link joins, as two groups with as few pairs between them as can be. */
function joined(parts: readonly (Groups | undefined)[]): Groups | undefined {
  const [one, other]: [number[], number[]] = [[], []];
  for (const groups of parts) {
    if (groups?.length !== 2) continue;
    const [first = [], second = []] = groups;
    // One node with several lossy links is a node's or a source's matter.
    if (Math.min(first.length, second.length) === 1 && first.length !== second.length) continue;
    const isSame = one.length * second.length + other.length * first.length <=
      one.length * first.length + other.length * second.length;
    one.push(...isSame ? first : second);
    other.push(...isSame ? second : first);
  }
  return Math.min(one.length, other.length) > 1 ? [one, other] : undefined;
}

function lossyLinks({ seen, excess }: Explanation): LossyLinks {
  const { source, destination, reverse, peers, nodes } = seen;
  const lossy = nodes.map((): number[] => []);
  let [count, sum] = [0, 0];
  for (const nats of excess) if (nats > lossyNats) [count, sum] = [count + 1, sum + nats];
  const minExcess = Math.max(lossyNats, faintShare * sum / count);
  for (let pair = 0; pair < excess.length; pair++) {
    if (!((excess[pair] ?? 0) > minExcess)) continue;
    const back = reverse[pair] ?? -1;
    if (back >= 0 && back < pair && (excess[back] ?? 0) > minExcess) continue;
    const [from, to] = [source[pair] ?? 0, destination[pair] ?? 0];
    lossy[from]?.push(to);
    lossy[to]?.push(from);
  }
  const isAtFault = lossy.map((others, node) =>
    others.length >= Math.max(3, nodeShare * (peers[node] ?? 0))
  );
  if (!isAtFault.includes(true)) return lossy;
  return lossy.map((others, node) =>
    isAtFault[node] ? [] : others.filter((other) => !isAtFault[other])
  );
}

/** Nodes that lossy links join, from each to each, and how many these are. */
function components(
  lossy: LossyLinks,
): readonly { readonly nodes: readonly number[]; readonly links: number }[] {
  const seen = new Set<number>();
  const found: { nodes: number[]; links: number }[] = [];
  lossy.forEach((others, start) => {
    if (others.length === 0 || seen.has(start)) return;
    const nodes = [start];
    seen.add(start);
    for (const node of nodes) {
      for (const other of lossy[node] ?? []) {
        if (seen.has(other)) continue;
        seen.add(other);
        nodes.push(other);
      }
    }
    const links = nodes.reduce((sum, node) => sum + (lossy[node]?.length ?? 0), 0) / 2;
    found.push({ nodes, links });
  });
  return found;
}

/**
 * Parts the nodes into groups such that hardly any lossy link lies within one: in two by walking
 * along the lossy links, else in as many as needed, the nodes with most lossy links first. Undefined
 * where that cannot be done, or where one node alone explains a side.
 */
function parted(
  nodes: readonly number[],
  lossy: LossyLinks,
  minSide = 2,
): Groups | undefined {
  const two = improved(nodes, walked(nodes, lossy), 2, lossy, minSide);
  if (two) return two;
  const byDegree = nodes.toSorted((one, two) =>
    (lossy[two]?.length ?? 0) - (lossy[one]?.length ?? 0)
  );
  const groupOf = new Map<number, number>();
  let count = 0;
  for (const node of byDegree) {
    const taken = new Set([...lossy[node] ?? []].map((other) => groupOf.get(other)));
    let group = 0;
    while (taken.has(group)) group++;
    groupOf.set(node, group);
    count = Math.max(count, group + 1);
  }
  return count <= Math.max(3, nodes.length / 2)
    ? improved(nodes, groupOf, count, lossy, minSide)
    : undefined;
}

function walked(
  nodes: readonly number[],
  lossy: LossyLinks,
): Map<number, number> {
  const groupOf = new Map<number, number>([[nodes[0] ?? 0, 0]]);
  // The nodes of a component come in the order of a breadth-first walk.
  for (const node of nodes) {
    for (const other of lossy[node] ?? []) {
      if (!groupOf.has(other)) groupOf.set(other, 1 - (groupOf.get(node) ?? 0));
    }
  }
  return groupOf;
}

/** Moves nodes to the group in which they have fewest lossy links, until none gains by it. */
function improved(
  nodes: readonly number[],
  groupOf: Map<number, number>,
  count: number,
  lossy: LossyLinks,
  minSide: number,
): Groups | undefined {
  let stray = 0;
  for (let round = 0; round < 10; round++) {
    let moved = false;
    stray = 0;
    for (const node of nodes) {
      const within = new Array<number>(count).fill(0);
      for (const other of lossy[node] ?? []) {
        const group = groupOf.get(other) ?? 0;
        within[group] = (within[group] ?? 0) + 1;
      }
      const own = within[groupOf.get(node) ?? 0] ?? 0;
      const min = Math.min(...within);
      if (min < own) {
        groupOf.set(node, within.indexOf(min));
        moved = true;
      }
      stray += Math.min(own, min);
    }
    if (!moved) break;
  }
  const links = nodes.reduce((sum, node) => sum + (lossy[node]?.length ?? 0), 0);
  if (stray > strayShare * links) return undefined;
  const groups = Array.from(
    { length: count },
    (_, group) => nodes.filter((node) => groupOf.get(node) === group),
  ).filter((group) => group.length > 0);
  const sides = groups.filter((group) => group.length >= minSide).length;
  return sides >= 2 ? groups : undefined;
}

/** The zones of the nodes, in full, where the lossy links lie between different zones only. */
function zonesThatPart(
  { zoneOf, zones, rowStart, columns }: Observations,
  nodes: readonly number[],
  lossy: LossyLinks,
): Groups | undefined {
  let links = 0;
  let stray = 0;
  const used = new Set<number>();
  for (const node of nodes) {
    const zone = zoneOf[node] ?? -1;
    for (const other of lossy[node] ?? []) {
      links++;
      if (zone < 0 || (zoneOf[other] ?? -1) < 0 || zone === zoneOf[other]) stray++;
      else used.add(zone);
    }
  }
  if (used.size < 2 || stray > strayZoneShare * links) return undefined;
  const groups = zones.map((_, zone) => zone).filter((zone) => used.has(zone)).map((zone) => {
    const all = Array.from(zoneOf.keys()).filter((node) => zoneOf[node] === zone);
    return all.filter((node) =>
      (rowStart[node + 1] ?? 0) > (rowStart[node] ?? 0) || (columns[node]?.length ?? 0) > 0
    );
  });
  return groups;
}
