/** What was observed of each pair, ready for the search. @module */

import { binomial, noiseCeiling } from "./likelihood.ts";
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
  return {
    nodes,
    zones,
    zoneOf: Int32Array.from(mesh.nodes, (node) => zoneIndex.get(node.zone ?? "") ?? -1),
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
    reverse: reversePairs(source, destination, rowStart),
  };
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

function reversePairs(
  source: Int32Array,
  destination: Int32Array,
  rowStart: Int32Array,
): Int32Array {
  return source.map((from, pair) => findPair(rowStart, destination, destination[pair] ?? 0, from));
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
  let mostNats = measurements.length > 1 ? worstAddressNats : Infinity;
  for (const measurement of measurements) {
    // Prometheus estimates increases: they are no whole numbers, and received may exceed sent.
    const sent = Math.max(1, Math.round(measurement.sent));
    const lost = Math.min(sent, Math.max(0, sent - Math.round(measurement.received)));
    total.sent += sent;
    total.lost += lost;
    if (mostNats === Infinity || lost <= noiseCeiling * sent) continue;
    const nats = binomial(lost, sent, lost / sent) - binomial(lost, sent, noiseCeiling);
    if (nats < mostNats) continue;
    mostNats = nats;
    worst = { sent, lost, measurement };
  }
  return worst ?? total;
}
