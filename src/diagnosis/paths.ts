/** Path faults: one of several equal paths between groups of nodes is bad, so that a part of the pairs loses. @module */

import { SharedLoss } from "./likelihood.ts";
import type { Explanation } from "./model.ts";
import { causeNats } from "./observations.ts";
import type { Hypothesis, Observations, Reach } from "./observations.ts";

/** A pair loses when that is likelier than its present explanation by so many nats. */
const lossyNats = 6;

/** Fewer links than these are links, not a path. */
const minLossyLinks = 4;

/** A node that loses to more of its peers than this is itself at fault, whatever the paths do. */
const nodeShare = 0.9;

/** Part of the pairs that a path touches: of fewer, links are to blame, of more, all between the groups. */
const minTouched = 0.06;
const maxTouched = 0.84;

/** Part of the lossy links that may lie within a group: other faults. */
const strayShare = 0.1;

/** The same where zones are the groups: by chance, most links lie across zones where these are many. */
const strayZoneShare = 0.02;

/** Links that both directions agree on are one piece of evidence, not two. */
const agreement = 0.9;

/** Losses that are tried for a path. */
const losses = [0.02, 0.04, 0.08, 0.15, 0.25, 0.4, 0.55, 0.7, 0.85, 0.97, 0.9999] as const;

/** At most so many pairs are read to know which part a path touches. */
const enoughPairs = 4000;

/** Two nodes, and the pairs between them: the first one measured by the first node. */
interface Link {
  readonly a: number;
  readonly b: number;
  readonly pairs: readonly number[];
}

/** Which links lose, of what the causes so far leave unexplained. */
interface LossyLinks {
  readonly links: readonly Link[];
  /** Per node, the others with which it has a lossy link. */
  readonly lossy: readonly ReadonlySet<number>[];
}

/** The path hypotheses that the losses suggest; none where few links lose. */
export function pathHypotheses(explanation: Explanation): readonly Hypothesis[] {
  const found = lossyLinks(explanation);
  if (found === undefined) return [];
  const parts = components(found);
  if (parts.reduce((sum, { links }) => sum + links, 0) < minLossyLinks) return [];
  const all = parts.flatMap(({ nodes }) => nodes);
  // Where zones part the lossy links, they are the groups.
  const zones = zonesThatPart(explanation.seen, all, found);
  const byZones = zones && hypothesisOf(explanation, found.links, zones, true);
  if (byZones) return [byZones];
  const apart = parts.filter(({ links }) => links >= minLossyLinks)
    .map(({ nodes }) => parted(nodes, found));
  const together = parts.length > 1
    ? joined(parts.map(({ nodes }) => parted(nodes, found, 1)))
    : undefined;
  return [...apart, together].flatMap((groups) =>
    groups && hypothesisOf(explanation, found.links, groups, false) || []
  );
}

type Groups = readonly (readonly number[])[];

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

function lossyLinks({ seen, excess }: Explanation): LossyLinks | undefined {
  const { source, destination, reverse, nodes } = seen;
  let lossyPairs = 0;
  for (const nats of excess) if (nats > lossyNats) lossyPairs++;
  if (lossyPairs < minLossyLinks) return undefined;
  const links: Link[] = [];
  const lossy = nodes.map(() => new Set<number>());
  const peers = new Int32Array(nodes.length);
  source.forEach((a, pair) => {
    const b = destination[pair] ?? 0;
    const back = reverse[pair] ?? -1;
    if (back >= 0 && back < pair) return;
    links.push({ a, b, pairs: back < 0 ? [pair] : [pair, back] });
    peers[a] = (peers[a] ?? 0) + 1;
    peers[b] = (peers[b] ?? 0) + 1;
    const nats = Math.max(excess[pair] ?? 0, back < 0 ? 0 : excess[back] ?? 0);
    if (nats <= lossyNats) return;
    lossy[a]?.add(b);
    lossy[b]?.add(a);
  });
  lossy.forEach((others, node) => {
    if (others.size < 3 || others.size < nodeShare * (peers[node] ?? 0)) return;
    for (const other of others) lossy[other]?.delete(node);
    others.clear();
  });
  return { links, lossy };
}

/** Nodes that lossy links join, from each to each, and how many these are. */
function components(
  { lossy }: LossyLinks,
): readonly { readonly nodes: readonly number[]; readonly links: number }[] {
  const seen = new Set<number>();
  const found: { nodes: number[]; links: number }[] = [];
  lossy.forEach((others, start) => {
    if (others.size === 0 || seen.has(start)) return;
    const nodes = [start];
    seen.add(start);
    for (const node of nodes) {
      for (const other of lossy[node] ?? []) {
        if (seen.has(other)) continue;
        seen.add(other);
        nodes.push(other);
      }
    }
    const links = nodes.reduce((sum, node) => sum + (lossy[node]?.size ?? 0), 0) / 2;
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
  { lossy }: LossyLinks,
  minSide = 2,
): Groups | undefined {
  const two = improved(nodes, walked(nodes, lossy), 2, lossy, minSide);
  if (two) return two;
  const byDegree = nodes.toSorted((one, two) => (lossy[two]?.size ?? 0) - (lossy[one]?.size ?? 0));
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
  lossy: LossyLinks["lossy"],
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
  lossy: LossyLinks["lossy"],
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
      const least = Math.min(...within);
      if (least < own) {
        groupOf.set(node, within.indexOf(least));
        moved = true;
      }
      stray += Math.min(own, least);
    }
    if (!moved) break;
  }
  const links = nodes.reduce((sum, node) => sum + (lossy[node]?.size ?? 0), 0);
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
  { lossy }: LossyLinks,
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

/** The hypothesis that one of the paths between the groups is bad; undefined where none of it is plausible. */
function hypothesisOf(
  explanation: Explanation,
  links: readonly Link[],
  groups: readonly (readonly number[])[],
  areZones: boolean,
): Hypothesis | undefined {
  const { seen } = explanation;
  const groupOf = new Int32Array(seen.nodes.length).fill(-1);
  groups.forEach((group, index) => group.forEach((node) => groupOf[node] = index));
  const between = links.filter(({ a, b }) =>
    (groupOf[a] ?? -1) >= 0 && (groupOf[b] ?? -1) >= 0 && groupOf[a] !== groupOf[b]
  );
  if (groups.length > 2 && !areAllTouched(explanation, between, groupOf)) return undefined;
  const reach = reachOf(explanation, between);
  if (reach === undefined) return undefined;
  const { zones, nodes } = seen;
  const choices = areZones
    ? Math.log(zones.length * (zones.length - 1) / 2)
    : nodes.length * Math.log(groups.length + 1);
  return {
    subject: { kind: "path", groups },
    key: `path ${groups.map((group) => group.join(",")).join(" ")}`,
    pairs: Int32Array.from(between.flatMap(({ pairs }) => pairs)).sort(),
    reach,
    penalty: causeNats + choices,
  };
}

/** Whether each two of several groups have lossy links and others: else it is not one path of all. */
function areAllTouched(
  { excess }: Explanation,
  links: readonly Link[],
  groupOf: Int32Array,
): boolean {
  const counts = new Map<string, { links: number; lossy: number }>();
  for (const { a, b, pairs } of links) {
    const key = [groupOf[a] ?? 0, groupOf[b] ?? 0].sort((one, two) => one - two).join();
    const count = counts.get(key) ?? { links: 0, lossy: 0 };
    counts.set(key, count);
    count.links++;
    if (pairs.some((pair) => (excess[pair] ?? 0) > lossyNats)) count.lossy++;
  }
  return [...counts.values()].every(({ links, lossy }) =>
    lossy >= minTouched * links && lossy <= maxTouched * links
  );
}

/**
 * Which part of the pairs the path touches: once where request or reply takes it, twice where both
 * do. By expectation-maximisation, at the loss that fits best. Where both directions of a link
 * agree (a hash of the two addresses that is the same both ways), each counts half.
 */
function reachOf(explanation: Explanation, links: readonly Link[]): Reach | undefined {
  const { seen, current, excess } = explanation;
  const both = links.filter(({ pairs }) => pairs.length === 2);
  const isLossy = (pair: number | undefined) => (excess[pair ?? 0] ?? 0) > lossyNats;
  const lossyBoth = both.filter(({ pairs }) => isLossy(pairs[0]) || isLossy(pairs[1]));
  const agreeing = lossyBoth.filter(({ pairs }) => isLossy(pairs[0]) === isLossy(pairs[1])).length;
  const isOneHash = lossyBoth.length > 0 && agreeing >= agreement * lossyBoth.length &&
    2 * both.length > links.length;
  const step = Math.max(1, Math.floor(2 * links.length / enoughPairs));
  const pairs = links.filter((_, index) => index % step === 0).flatMap((link) => link.pairs);
  let best: { readonly parts: readonly number[]; readonly nats: number } | undefined;
  for (const loss of losses) {
    const found = partsAt(loss, pairs, explanation.influence.bind(explanation), seen, current);
    // Taking it both ways is rarer than taking it one way.
    const isPlausible = (found.parts[2] ?? 0) <= (found.parts[1] ?? 0);
    if (isPlausible && (best === undefined || found.nats > best.nats)) best = found;
  }
  if (best === undefined) return undefined;
  const [none = 0, ...touched] = best.parts;
  if (1 - none < minTouched || 1 - none > maxTouched) return undefined;
  const weight = isOneHash ? 0.5 : 1;
  return {
    touches: touched.flatMap((part, index) =>
      part < 0.02 ? [] : [{ nats: weight * Math.log(part), times: index + 1 }]
    ),
    sparedNats: weight * Math.log(none),
  };
}

function partsAt(
  loss: number,
  pairs: readonly number[],
  influence: Explanation["influence"],
  { sent, lost }: Observations,
  current: Float64Array,
): { readonly parts: readonly number[]; readonly nats: number } {
  const times = loss > 0.9 ? [1] : [1, 2];
  const shared = new Map<number, readonly SharedLoss[]>();
  const gains = pairs.map((pair) => {
    const survives = influence(pair)?.ways[0]?.survives ?? 1;
    let distributions = shared.get(survives);
    if (distributions === undefined) {
      distributions = times.map((count) => new SharedLoss(1 - survives * (1 - loss) ** count));
      shared.set(survives, distributions);
    }
    const own = current[pair] ?? 0;
    return [0, ...distributions.map((one) => one.of(lost[pair] ?? 0, sent[pair] ?? 0) - own)];
  });
  let parts = [0.5, ...times.map(() => 0.5 / times.length)];
  let nats = 0;
  for (let round = 0; round < 8; round++) {
    const sums = parts.map(() => 0);
    nats = 0;
    for (const gain of gains) {
      const most = Math.max(...gain);
      const shares = gain.map((one, index) => (parts[index] ?? 0) * Math.exp(one - most));
      const all = shares.reduce((sum, one) => sum + one, 0);
      nats += most + Math.log(all);
      shares.forEach((one, index) => sums[index] = (sums[index] ?? 0) + one / all);
    }
    parts = sums.map((sum) => sum / pairs.length);
  }
  return { parts, nats };
}
