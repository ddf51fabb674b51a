/** What the search works on: the measurements pair by pair, and the hypotheses: every cause that is possible, the
 * pairs within its reach, and what naming it costs. @module */

import { binomial, noiseCeiling, usualReach } from "./likelihood.ts";
import type { Outcome, Reach } from "./likelihood.ts";
import type { Mesh, PairMeasurement } from "../mesh/mesh.ts";

/** Pairs by number, ordered by source and then by destination; only pairs with probes. */
export interface Observations {
  /** Names of the nodes; a node is its index here. */
  readonly nodes: readonly string[];
  /** Per node the index of its zone in {@linkcode zones}; -1 where unknown. */
  readonly zoneOf: Int32Array;
  /** Names of the zones, by index; nodes without one are in none. */
  readonly zones: readonly string[];
  /** Whether a node is cordoned, by its index. */
  readonly cordoned: readonly boolean[];
  /** Per node: no data came from its agent. */
  readonly noData: readonly boolean[];
  /** Index of the node that probes, by pair. */
  readonly source: Int32Array;
  /** Index of the node that is probed, by pair. */
  readonly destination: Int32Array;
  /** Probes whose outcome is known, by pair. */
  readonly sent: Float64Array;
  /** Of these the lost, by pair. */
  readonly lost: Float64Array;
  /** By pair: 1 where both zones are known and differ, else 0. */
  readonly isAcross: Uint8Array;
  /** Per pair the index of what it sent and lost in {@linkcode outcomes}: equal pairs are counted once. */
  readonly outcomeOf: Int32Array;
  /** What pairs sent and lost. */
  readonly outcomes: readonly Outcome[];
  /** Nodes that somebody probes at more than one address. */
  readonly severalAddresses: ReadonlySet<number>;
  /** The measurement that counts alone; undefined where no address loses more than noise. */
  readonly worst: readonly (PairMeasurement | undefined)[];
  /** Pairs of node s as a source: from rowStart[s] up to, not including, rowStart[s + 1]. */
  readonly rowStart: Int32Array;
  /** Per node: its pairs as a destination. */
  readonly columns: readonly (readonly number[])[];
  /** Per pair: the pair of the other direction; -1 where it was not measured. */
  readonly reverse: Int32Array;
  /** Per node: how many others it probes or is probed by. */
  readonly peers: Int32Array;
}

/** How much more likely an address must lose more than noise before it speaks for its pair alone. */
const worstAddressNats = 3;

/**
 * Arranges the mesh. Where a node has several addresses, the worst counts for the pair when it
 * loses more than noise; else all are added up, so that the luck of the draw is not taken for loss.
 */
export function observe(mesh: Mesh): Observations {
  const nodes = mesh.nodes.map((node) => node.name);
  const indexOf = new Map(nodes.map((name, index) => [name, index]));
  const zones = [...new Set(mesh.nodes.flatMap((node) => node.zone ?? []))].sort();
  const zoneIndex = new Map(zones.map((zone, index) => [zone, index]));
  const noData = new Set(mesh.sources.filter((one) => one.silent).map((one) => one.name));
  const { order, cells } = orderMeasurements(mesh.pairs, indexOf);
  const size = nodes.length;
  const count = cells.reduce((sum, cell, place) => sum + (cell === cells[place - 1] ? 0 : 1), 0);
  const source = new Int32Array(count);
  const destination = new Int32Array(count);
  const sent = new Float64Array(count);
  const lost = new Float64Array(count);
  const worst: (PairMeasurement | undefined)[] = new Array(count);
  const severalAddresses = new Set<number>();
  const rowStart = new Int32Array(size + 1);
  const columns: number[][] = nodes.map(() => []);
  for (let place = 0, pair = 0; place < cells.length; pair++) {
    const cell = cells[place] ?? 0;
    const measurements: PairMeasurement[] = [];
    while (cells[place] === cell) {
      const measurement = mesh.pairs[order[place++] ?? 0];
      if (measurement) measurements.push(measurement);
    }
    if (measurements.length > 1) severalAddresses.add(cell % size);
    const choice = worstAddress(measurements);
    source[pair] = Math.floor(cell / size);
    destination[pair] = cell % size;
    sent[pair] = choice.sent;
    lost[pair] = choice.lost;
    worst[pair] = choice.measurement;
    columns[cell % size]?.push(pair);
    rowStart[Math.floor(cell / size) + 1] = pair + 1;
  }
  for (let node = 0; node < size; node++) {
    rowStart[node + 1] = Math.max(rowStart[node + 1] ?? 0, rowStart[node] ?? 0);
  }
  const zoneOf = Int32Array.from(mesh.nodes, (node) => zoneIndex.get(node.zone ?? "") ?? -1);
  const isAcross = new Uint8Array(count);
  for (let pair = 0; pair < count; pair++) {
    const one = zoneOf[source[pair] ?? 0] ?? -1;
    const other = zoneOf[destination[pair] ?? 0] ?? -1;
    isAcross[pair] = one >= 0 && other >= 0 && one !== other ? 1 : 0;
  }
  return {
    nodes,
    zones,
    zoneOf,
    cordoned: mesh.nodes.map((node) => node.cordoned === true),
    noData: nodes.map((name) => noData.has(name)),
    source,
    destination,
    sent,
    lost,
    severalAddresses,
    worst,
    rowStart,
    columns,
    isAcross,
    ...countOutcomes(sent, lost, isAcross),
    ...bothWays(source, destination, rowStart),
  };
}

function countOutcomes(
  sent: Float64Array,
  lost: Float64Array,
  isAcross: Uint8Array,
): Pick<Observations, "outcomeOf" | "outcomes"> {
  // By what was sent, then by what was lost: the counters of a long time are too large for one number.
  const numbers = new Map<number, Map<number, number>>();
  const outcomes: Outcome[] = [];
  const outcomeOf = new Int32Array(sent.length);
  for (let pair = 0; pair < sent.length; pair++) {
    const [n, k, across] = [sent[pair] ?? 0, lost[pair] ?? 0, isAcross[pair] ?? 0];
    const key = 2 * k + across;
    let ofSent = numbers.get(n);
    if (ofSent === undefined) numbers.set(n, ofSent = new Map());
    let number = ofSent.get(key);
    if (number === undefined) {
      ofSent.set(key, number = outcomes.length);
      outcomes.push({ number, sent: n, lost: k, isAcross: across === 1 });
    }
    outcomeOf[pair] = number;
  }
  return { outcomeOf, outcomes };
}

/** The pair from one node to another; -1 where it was not measured. */
export function findPair(
  rowStart: Int32Array,
  destination: Int32Array,
  from: number,
  to: number,
): number {
  let low = rowStart[from] ?? 0;
  let high = (rowStart[from + 1] ?? 0) - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = destination[middle] ?? -1;
    if (found === to) return middle;
    if (found < to) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** Pairs come by source and destination, so that those back to a source are passed in its order. */
function bothWays(
  source: Int32Array,
  destination: Int32Array,
  rowStart: Int32Array,
): Pick<Observations, "reverse" | "peers"> {
  const reverse = new Int32Array(source.length).fill(-1);
  const peers = new Int32Array(rowStart.length - 1);
  const next = rowStart.slice();
  for (let pair = 0; pair < source.length; pair++) {
    const [from, to] = [source[pair] ?? 0, destination[pair] ?? 0];
    const end = rowStart[to + 1] ?? 0;
    let back = next[to] ?? 0;
    while (back < end && (destination[back] ?? 0) < from) back++;
    next[to] = back;
    const isMeasured = back < end && destination[back] === from;
    if (isMeasured) reverse[pair] = back;
    if (isMeasured && back < pair) continue;
    peers[from] = (peers[from] ?? 0) + 1;
    peers[to] = (peers[to] ?? 0) + 1;
  }
  return { reverse, peers };
}

/** Indexes of the measurements, by source and destination; without those that say nothing. */
function orderMeasurements(
  pairs: readonly PairMeasurement[],
  indexOf: ReadonlyMap<string, number>,
): { readonly order: Float64Array; readonly cells: Float64Array } {
  const node = (name: string): number => {
    const index = indexOf.get(name);
    if (index !== undefined) return index;
    throw new Error(`Node "${name}" has measurements but is not among the nodes of the mesh`);
  };
  // One number to sort by: the cell of the matrix, then the place in the list.
  const codes = new Float64Array(pairs.length);
  let used = 0;
  pairs.forEach(({ source, destination, sent }, place) => {
    const from = node(source);
    const to = node(destination);
    if (from !== to && sent > 0) codes[used++] = (from * indexOf.size + to) * pairs.length + place;
  });
  const sorted = codes.subarray(0, used).sort();
  return {
    order: sorted.map((code) => code % pairs.length),
    cells: sorted.map((code) => Math.floor(code / pairs.length)),
  };
}

interface Choice {
  readonly sent: number;
  readonly lost: number;
  readonly measurement: PairMeasurement | undefined;
}

function worstAddress(measurements: readonly PairMeasurement[]): Choice {
  const total = { sent: 0, lost: 0, measurement: undefined };
  let worst: Choice | undefined;
  let maxNats = measurements.length > 1 ? worstAddressNats : Infinity;
  for (const measurement of measurements) {
    // Prometheus estimates increases: they are no whole numbers, and received may exceed sent.
    const sent = Math.max(1, Math.round(measurement.sent));
    const lost = Math.min(sent, Math.max(0, sent - Math.round(measurement.received)));
    total.sent += sent;
    total.lost += lost;
    if (maxNats === Infinity || lost <= noiseCeiling * sent) continue;
    const nats = binomial(lost, sent, lost / sent) - binomial(lost, sent, noiseCeiling);
    if (nats < maxNats) continue;
    maxNats = nats;
    worst = { sent, lost, measurement };
  }
  return worst ?? total;
}

/** Something that can lose probes. Nodes and zones are indexes into the observations. */
export type Subject =
  | { readonly kind: "node" | "source" | "destination"; readonly node: number }
  | { readonly kind: "link"; readonly a: number; readonly b: number; readonly oneWay: boolean }
  | { readonly kind: "zone-pair"; readonly a: number; readonly b: number }
  | { readonly kind: "mesh" }
  | { readonly kind: "path"; readonly groups: readonly (readonly number[])[] };

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
