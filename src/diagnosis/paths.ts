/** Path faults: one of several equal paths between groups of nodes is bad, so that a part of the pairs loses. @module */

import { sharedLoss, survivalOf, survivalOfBoth } from "./likelihood.ts";
import type { Influence, Reach, SharedLoss } from "./likelihood.ts";
import { touchedGain } from "./model.ts";
import type { Explanation } from "./model.ts";
import { causeNats } from "./observations.ts";
import type { Hypothesis, Observations } from "./observations.ts";
import { lossyGroups, lossyNats } from "./path_groups.ts";
import type { FoundGroups, Groups } from "./path_groups.ts";

/** Part of the pairs that a path touches: of fewer, links are to blame, of more, all between the groups. */
const minTouched = 0.06;
const maxTouched = 0.84;

/** Links that both directions agree on are one piece of evidence, not two. */
const agreement = 0.9;

/** Losses that are tried for a path. */
const losses = [0.02, 0.04, 0.08, 0.15, 0.25, 0.4, 0.55, 0.7, 0.85, 0.97, 0.9999] as const;

/** At most so many pairs are read to know which part a path touches. */
const enoughPairs = 1000;

/** Rounds of expectation-maximisation: to choose the loss, and then; and of moving nodes between groups. */
const [roughRounds, mixtureRounds, moveRounds] = [4, 10, 5] as const;

/** The path hypotheses that the losses suggest; none where few links lose. */
export function pathHypotheses(explanation: Explanation): readonly Hypothesis[] {
  return lossyGroups(explanation).flatMap((found) => {
    const hypothesis = hypothesisOf(explanation, found);
    if (hypothesis === undefined || found.areZones) return hypothesis ?? [];
    const groups = moved(explanation, hypothesis);
    return (groups && hypothesisOf(explanation, { groups, areZones: false })) ?? hypothesis;
  });
}

/** A path hypothesis, at the loss that was estimated for it. */
interface PathHypothesis extends Hypothesis {
  readonly groups: Groups;
  readonly loss: number;
}

/** The hypothesis that one of the paths between the groups is bad; undefined where none of it is plausible. */
function hypothesisOf(
  explanation: Explanation,
  { groups: found, areZones }: FoundGroups,
): PathHypothesis | undefined {
  const { seen } = explanation;
  const groups = found.map((group) => group.toSorted((one, other) => one - other))
    .sort(([one = 0], [other = 0]) => one - other);
  const groupOf = groupsByNode(seen, groups);
  const pairs = pairsBetween(seen, groupOf);
  if (groups.length > 2 && !areAllTouched(explanation, pairs, groupOf, groups.length)) {
    return undefined;
  }
  const estimate = estimateReach(explanation, pairs);
  if (estimate === undefined) return undefined;
  const { zones, nodes } = seen;
  const choices = areZones
    ? Math.log(zones.length * (zones.length - 1) / 2)
    : nodes.length * Math.log(groups.length + 1);
  return {
    subject: { kind: "path", groups },
    key: `path ${groups.map((group) => group.join(",")).join(" ")}`,
    penalty: causeNats + choices,
    ...{ groups, pairs, ...estimate },
  };
}

/** The group of each node; -1 where it is in none. */
function groupsByNode({ nodes }: Observations, groups: Groups): Int32Array {
  const groupOf = new Int32Array(nodes.length).fill(-1);
  groups.forEach((group, index) => group.forEach((node) => groupOf[node] = index));
  return groupOf;
}

function pairsBetween({ source, destination }: Observations, groupOf: Int32Array): Int32Array {
  const pairs = new Int32Array(source.length);
  let count = 0;
  for (let pair = 0; pair < source.length; pair++) {
    const one = groupOf[source[pair] ?? 0] ?? -1;
    const other = groupOf[destination[pair] ?? 0] ?? -1;
    if (one >= 0 && other >= 0 && one !== other) pairs[count++] = pair;
  }
  return pairs.slice(0, count);
}

/** Whether each two of several groups have lossy pairs and others: else it is not one path of all. */
function areAllTouched(
  { seen: { source, destination }, excess }: Explanation,
  pairs: Int32Array,
  groupOf: Int32Array,
  count: number,
): boolean {
  const all = new Int32Array(count * count);
  const lossy = new Int32Array(count * count);
  for (const pair of pairs) {
    const [one, other] = [groupOf[source[pair] ?? 0] ?? 0, groupOf[destination[pair] ?? 0] ?? 0];
    const cell = Math.min(one, other) * count + Math.max(one, other);
    all[cell] = (all[cell] ?? 0) + 1;
    if ((excess[pair] ?? 0) > lossyNats) lossy[cell] = (lossy[cell] ?? 0) + 1;
  }
  return all.every((measured, cell) => {
    const part = (lossy[cell] ?? 0) / measured;
    return measured === 0 || part >= minTouched && part <= maxTouched;
  });
}

/**
 * Moves nodes to the group, or to none, where the losses of their pairs are likeliest, until none
 * gains by it. Undefined where none moves, or where no two groups of two nodes are left.
 */
function moved(
  explanation: Explanation,
  { groups, reach, loss }: PathHypothesis,
): Groups | undefined {
  const { seen: { nodes, rowStart, columns, source, destination }, seen } = explanation;
  const touched = touchedGain(explanation, { reach, loss });
  const groupOf = groupsByNode(seen, groups);
  const sums = new Float64Array(groups.length);
  const add = (pair: number, other: number) => {
    const group = groupOf[other] ?? -1;
    if (group < 0) return;
    sums[group] = (sums[group] ?? 0) + Math.max(reach.sparedNats, touched(pair));
  };
  let hasMoved = false;
  for (let round = 0, isMoving = true; isMoving && round < moveRounds; round++) {
    isMoving = false;
    for (let node = 0; node < nodes.length; node++) {
      sums.fill(0);
      const end = rowStart[node + 1] ?? 0;
      for (let pair = rowStart[node] ?? 0; pair < end; pair++) add(pair, destination[pair] ?? 0);
      for (const pair of columns[node] ?? []) add(pair, source[pair] ?? 0);
      const all = sums.reduce((sum, nats) => sum + nats, 0);
      // What a node gains in a group is what its pairs with the others gain.
      const gains = Array.from(sums, (own) => all - own);
      const max = Math.max(...gains);
      const group = max > 0 ? gains.indexOf(max) : -1;
      if (group === groupOf[node]) continue;
      groupOf[node] = group;
      isMoving = hasMoved = true;
    }
  }
  if (!hasMoved) return undefined;
  const left = groups.map((_, group) =>
    nodes.flatMap((_, node) => groupOf[node] === group ? node : [])
  )
    .filter((group) => group.length > 0);
  return left.filter((group) => group.length > 1).length > 1 ? left : undefined;
}

/**
 * Which part of the pairs the path touches: once where request or reply takes it, twice where both
 * do. By expectation-maximisation, at the loss that fits best. Where both directions of a link
 * agree (a hash of the two addresses that is the same both ways), each counts half.
 */
function estimateReach(
  explanation: Explanation,
  pairs: Int32Array,
): { readonly reach: Reach; readonly loss: number } | undefined {
  // An odd step: rows of an even length are not read at the same columns.
  const step = Math.ceil(pairs.length / enoughPairs) | 1;
  const some = pairs.filter((_, index) => index % step === 0);
  let best: { readonly loss: number } | undefined;
  let maxNats = -Infinity;
  for (const loss of losses) {
    const { parts, nats } = partsAt(explanation, loss, some, roughRounds);
    // Taking it both ways is rarer than taking it one way.
    const isPlausible = (parts[2] ?? 0) <= (parts[1] ?? 0);
    if (isPlausible && nats > maxNats) [best, maxNats] = [{ loss }, nats];
  }
  if (best === undefined) return undefined;
  const [none = 0, ...touched] = partsAt(explanation, best.loss, some, mixtureRounds).parts;
  if (1 - none < minTouched || 1 - none > maxTouched) return undefined;
  const weight = isOneHash(explanation, pairs) ? 0.5 : 1;
  const touches = touched.flatMap((part, index) =>
    part < 0.02 ? [] : [{ nats: weight * Math.log(part), times: index + 1 }]
  );
  return { reach: { touches, sparedNats: weight * Math.log(none) }, loss: best.loss };
}

/** Whether the two directions of nearly every link lose, or neither does. */
function isOneHash({ seen: { reverse }, excess }: Explanation, pairs: Int32Array): boolean {
  let [both, lossy, agreeing] = [0, 0, 0];
  for (const pair of pairs) {
    const back = reverse[pair] ?? -1;
    if (back < pair) continue;
    both++;
    const there = (excess[pair] ?? 0) > lossyNats;
    const other = (excess[back] ?? 0) > lossyNats;
    if (there || other) lossy++;
    if (there && other) agreeing++;
  }
  // More than half of the links are measured both ways.
  return lossy > 0 && agreeing >= agreement * lossy && 3 * both > pairs.length;
}

/** The parts of the pairs that take a path that loses so much not at all, once, or twice; and how likely that is. */
function partsAt(
  { seen, current, influence }: Explanation,
  loss: number,
  pairs: Int32Array,
  rounds: number,
): { readonly parts: readonly number[]; readonly nats: number } {
  const times = loss > 0.9 ? [1] : [1, 2];
  const kinds = times.length + 1;
  const ofInfluence = new Map<Influence | undefined, readonly SharedLoss[]>();
  // Per pair, how likely it is of each kind, as parts of the likeliest.
  const weights = new Float64Array(kinds * pairs.length);
  let highs = 0;
  pairs.forEach((pair, index) => {
    const own = influence(pair);
    let shared = ofInfluence.get(own);
    if (shared === undefined) {
      const rest = own?.ways[0]?.survival ?? survivalOf(0);
      shared = times.map((count) => sharedLoss(survivalOfBoth(rest, survivalOf(loss), count)));
      ofInfluence.set(own, shared);
    }
    const gains = shared.map((one) =>
      one.of(seen.lost[pair] ?? 0, seen.sent[pair] ?? 0) - (current[pair] ?? 0)
    );
    const high = Math.max(0, ...gains);
    highs += high;
    [0, ...gains].forEach((gain, kind) => weights[kinds * index + kind] = Math.exp(gain - high));
  });
  let parts = [0.5, ...times.map(() => 0.5 / times.length)];
  let nats = 0;
  for (let round = 0; round < rounds; round++) {
    const sums = parts.map(() => 0);
    nats = highs;
    for (let start = 0; start < weights.length; start += kinds) {
      let all = 0;
      for (let kind = 0; kind < kinds; kind++) {
        all += (parts[kind] ?? 0) * (weights[start + kind] ?? 0);
      }
      nats += Math.log(all);
      for (let kind = 0; kind < kinds; kind++) {
        sums[kind] = (sums[kind] ?? 0) + (parts[kind] ?? 0) * (weights[start + kind] ?? 0) / all;
      }
    }
    parts = sums.map((sum) => sum / pairs.length);
  }
  return { parts, nats };
}
