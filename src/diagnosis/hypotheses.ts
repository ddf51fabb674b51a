/** The hypotheses: every cause that is possible, the pairs within its reach, and what naming it costs. @module */

import type { Observations } from "./observations.ts";

/** Something that can lose probes. Nodes and zones are indexes into the observations. */
export type Subject =
  | { readonly kind: "node" | "source" | "destination"; readonly node: number }
  | { readonly kind: "link"; readonly a: number; readonly b: number; readonly oneWay: boolean }
  | { readonly kind: "zone-pair"; readonly a: number; readonly b: number }
  | { readonly kind: "mesh" }
  | { readonly kind: "path"; readonly groups: readonly (readonly number[])[] };

/** One way in which a cause loses probes of a pair. */
export interface Touch {
  /** Log-probability of it. */
  readonly nats: number;
  /** How often a probe must pass it: twice where request and reply both do. */
  readonly times: number;
}

/** How a cause acts on the pairs within its reach. */
export interface Reach {
  /** The ways in which it touches a pair. */
  readonly touches: readonly Touch[];
  /** Log-probability of sparing a pair. */
  readonly sparedNats: number;
}

/** A cause touches all its pairs, but for a few: one in fifty. */
export const usualReach: Reach = {
  touches: [{ nats: Math.log(0.98), times: 1 }],
  sparedNats: Math.log(0.02),
};

/** A possible cause, and all that the search needs to know of it. */
export interface Hypothesis {
  /** What might be at fault. */
  readonly subject: Subject;
  /** The same for the same subject, and for no other. */
  readonly key: string;
  /** The pairs within its reach, ascending. */
  readonly pairs: Int32Array;
  /** How it acts on them. */
  readonly reach: Reach;
  /** Cost of naming it, in nats. */
  readonly penalty: number;
}

/**
 * Cost of naming any cause: about one false one of a kind in e^7 = 1,100 healthy meshes; to it
 * comes ln of the number of hypotheses of the kind, since the best of many is looked for.
 */
export const causeNats = 7;

/** A network loses round trips: one pair of two nodes alone is a rare fault. */
const oneWayNats = 4;

/** Every hypothesis but the links. */
export function broadHypotheses(seen: Observations): readonly Hypothesis[] {
  return [...nodeHypotheses(seen), ...zoneHypotheses(seen), ...meshHypothesis(seen)];
}

function nodeHypotheses(seen: Observations): Hypothesis[] {
  const penalty = causeNats + Math.log(seen.nodes.length);
  return seen.nodes.flatMap((_, node) => {
    const row = range(seen.rowStart[node] ?? 0, seen.rowStart[node + 1] ?? 0);
    const column = seen.columns[node] ?? [];
    const hypotheses: Hypothesis[] = [];
    const hypothesis = (kind: "node" | "source" | "destination", pairs: ArrayLike<number>) =>
      hypotheses.push({
        subject: { kind, node },
        key: `${kind} ${node}`,
        pairs: Int32Array.from(pairs),
        reach: usualReach,
        penalty,
      });
    const peers = new Set([
      ...row.map((pair) => seen.destination[pair]),
      ...column.map((pair) => seen.source[pair]),
    ]);
    const missingRow = row.length === 0;
    if (column.length > 0 && (peers.size > 1 || missingRow && seen.noData[node])) {
      hypothesis("node", Int32Array.from([...row, ...column]).sort());
    }
    if (row.length > 1) hypothesis("source", row);
    // One witness is enough where the other direction does well: a network loses round trips.
    const answered = column.some((pair) => (seen.reverse[pair] ?? -1) >= 0);
    if (!missingRow && (column.length > 1 || answered)) hypothesis("destination", column);
    return hypotheses;
  });
}

function zoneHypotheses(seen: Observations): Hypothesis[] {
  const { zones, zoneOf } = seen;
  const pairsOf = new Map<number, number[]>();
  seen.source.forEach((from, pair) => {
    const one = zoneOf[from] ?? -1;
    const other = zoneOf[seen.destination[pair] ?? -1] ?? -1;
    if (one < 0 || other < 0) return;
    const key = Math.min(one, other) * zones.length + Math.max(one, other);
    const pairs = pairsOf.get(key);
    if (pairs) pairs.push(pair);
    else pairsOf.set(key, [pair]);
  });
  const penalty = causeNats + Math.log(Math.max(1, pairsOf.size));
  return [...pairsOf].flatMap(([key, pairs]) => {
    const a = Math.floor(key / zones.length);
    const b = key % zones.length;
    if (isOneLink(seen, pairs) || isOneNode(seen, pairs)) return [];
    return [{
      subject: { kind: "zone-pair", a, b },
      key: `zones ${a} ${b}`,
      pairs: Int32Array.from(pairs),
      reach: usualReach,
      penalty,
    }];
  });
}

function isOneLink(seen: Observations, pairs: readonly number[]): boolean {
  return pairs.length === 1 || pairs.length === 2 && seen.reverse[pairs[0] ?? 0] === pairs[1];
}

/** Whether the pairs are just those of one node: then the node is to blame, not its zone. */
function isOneNode(seen: Observations, pairs: readonly number[]): boolean {
  const first = pairs[0] ?? 0;
  return [seen.source[first] ?? 0, seen.destination[first] ?? 0].some((node) => {
    const row = (seen.rowStart[node + 1] ?? 0) - (seen.rowStart[node] ?? 0);
    return row + (seen.columns[node]?.length ?? 0) === pairs.length &&
      pairs.every((pair) => seen.source[pair] === node || seen.destination[pair] === node);
  });
}

/** All pairs at once; of a mesh of one zone, that zone's inside says the same. */
function meshHypothesis(seen: Observations): Hypothesis[] {
  const one = seen.zones.length === 1 && !seen.zoneOf.includes(-1);
  if (seen.nodes.length < 3 || one) return [];
  const pairs = Int32Array.from(seen.source, (_, pair) => pair);
  return [{ subject: { kind: "mesh" }, key: "mesh", pairs, reach: usualReach, penalty: causeNats }];
}

/** The link that the pair belongs to; one way only where that is asked for. */
export function linkHypothesis(seen: Observations, pair: number, oneWay: boolean): Hypothesis {
  const from = seen.source[pair] ?? 0;
  const to = seen.destination[pair] ?? 0;
  const back = seen.reverse[pair] ?? -1;
  const pairs = oneWay || back < 0 ? [pair] : [Math.min(pair, back), Math.max(pair, back)];
  const [a, b] = oneWay ? [from, to] : [Math.min(from, to), Math.max(from, to)];
  return {
    subject: { kind: "link", a, b, oneWay },
    key: `link ${a} ${b}${oneWay ? " one way" : ""}`,
    pairs: Int32Array.from(pairs),
    reach: usualReach,
    penalty: linkPenalty(seen, oneWay),
  };
}

/** Cost of naming a link, in nats. */
export function linkPenalty(seen: Observations, oneWay: boolean): number {
  const measured = Math.max(1, seen.source.length / 2);
  return causeNats + Math.log(measured) + (oneWay ? oneWayNats + Math.LN2 : 0);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, offset) => from + offset);
}
