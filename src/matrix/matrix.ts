/** The mesh as a matrix: sources down, destinations across, ordered by zone and name; also as JSON and CSV. @module */

import { unmeasuredPairs } from "../diagnosis/report.ts";
import type { UnmeasuredPair } from "../diagnosis/report.ts";
import { jsonText } from "../platform/terminal.ts";
import type { Mesh, MeshNode, MeshSource, PairMeasurement } from "../mesh/mesh.ts";
import type { MeasuredPathMtu } from "../mesh/source_report.ts";

/** What one source saw of one destination. With several addresses, the one that lost most. */
export interface Cell {
  /** Node that probes. */
  readonly source: string;
  /** Node that is probed. */
  readonly destination: string;
  /** The address with the highest loss, of those probed. */
  readonly address: string;
  /** Probes whose outcome is known. */
  readonly sent: number;
  /** Of these the answered, never more than sent. */
  readonly received: number;
  /** Lost part of the probes, 0 to 1. */
  readonly loss: number;
  /** Mean round-trip time of the received; undefined when nothing was received or not known. */
  readonly rttSeconds: number | undefined;
  /** What is known of the path MTU, where it is measured. */
  readonly pathMtu?: MeasuredPathMtu;
}

/** Several pairs, added up. */
export interface Sum {
  /** Pairs added up. */
  readonly pairs: number;
  /** Pairs that lost anything. */
  readonly lossy: number;
  /** Share of the lost, 0 to 1. */
  readonly loss: number;
  /** Mean of the received; undefined when nothing was received or not known. */
  readonly rttSeconds: number | undefined;
  /** The worst of the pairs, where it is measured. */
  readonly pathMtu?: MeasuredPathMtu;
}

/** The cell of a pair that sent anything. */
export function cellOf(
  { source, destination, address, sent, received, ...pair }: PairMeasurement,
): Cell {
  const answered = Math.min(sent, received);
  return {
    source,
    destination,
    address,
    sent,
    received: answered,
    loss: 1 - answered / sent,
    rttSeconds: pair.rttSumSeconds === undefined || received === 0
      ? undefined
      : pair.rttSumSeconds / received,
    ...(pair.pathMtu === undefined ? {} : { pathMtu: pair.pathMtu }),
  };
}

/** Of two addresses of a destination: a black hole is worse than none, then the smaller is. */
function worsePathMtu(
  one: MeasuredPathMtu | undefined,
  other: MeasuredPathMtu | undefined,
): MeasuredPathMtu | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  if (one.blackHole !== other.blackHole) return one.blackHole ? one : other;
  return (other.bytes ?? Infinity) < (one.bytes ?? Infinity) ? other : one;
}

/** Adds probes, not percentages. */
export function addUp(cells: readonly Cell[]): Sum {
  let sent = 0;
  let received = 0;
  let timed = 0;
  let rttSum = 0;
  let pathMtu: MeasuredPathMtu | undefined;
  for (const cell of cells) {
    pathMtu = worsePathMtu(pathMtu, cell.pathMtu);
    sent += cell.sent;
    received += cell.received;
    if (cell.rttSeconds === undefined) continue;
    timed += cell.received;
    rttSum += cell.rttSeconds * cell.received;
  }
  return {
    pairs: cells.length,
    lossy: cells.filter((cell) => cell.loss > 0).length,
    loss: 1 - received / sent,
    rttSeconds: timed === 0 ? undefined : rttSum / timed,
    ...(pathMtu === undefined ? {} : { pathMtu }),
  };
}

/** The order of names: that of their UTF-16 code units, the same everywhere. */
export function compareNames(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** The matrix. */
export interface Matrix {
  /** Rows and columns alike. */
  readonly nodes: readonly MeshNode[];
  /** Every node that should measure. */
  readonly sources: readonly MeshSource[];
  /** The sources without data, by name, each with the reason for people. */
  readonly withoutData: ReadonlyMap<string, string>;
  /** Names of nodes that the cluster does not have, though the list does. */
  readonly stale: ReadonlySet<string>;
  /** Pairs that are in the lists, and that nobody measures. */
  readonly notMeasured: readonly UnmeasuredPair[];
  /** Cells of sources that did report, of pairs that are in no list: in a large cluster a node probes some. */
  readonly notProbed: number;
  /** Every measured cell, ordered by row and column. */
  readonly cells: readonly Cell[];
  /** External targets, the worst first. */
  readonly externals: readonly ExternalTarget[];
  /** The cell; undefined where nothing was measured. */
  readonly cell: (source: string, destination: string) => Cell | undefined;
  /** Whether nothing was measured though the pair is in the lists. */
  readonly isUnmeasured: (source: string, destination: string) => boolean;
}

/** Arranges the mesh. */
export function matrixOf(mesh: Mesh): Matrix {
  const nodes = mesh.nodes.toSorted((one, other) =>
    compareNames(one.zone ?? "\uffff", other.zone ?? "\uffff") || compareNames(one.name, other.name)
  );
  const places = new Map(nodes.map(({ name }, place) => [name, place]));
  const placeOf = (name: string) => places.get(name) ?? -1;
  const byRow = new Map<string, Map<string, Cell>>();
  for (const pair of mesh.pairs) {
    if (!(pair.sent > 0)) continue;
    const row = byRow.get(pair.source) ?? new Map<string, Cell>();
    byRow.set(pair.source, row);
    const cell = cellOf(pair);
    const known = row.get(pair.destination);
    const pathMtu = worsePathMtu(known?.pathMtu, cell.pathMtu);
    const worst = known === undefined || cell.loss > known.loss ? cell : known;
    row.set(pair.destination, pathMtu === undefined ? worst : { ...worst, pathMtu });
  }
  const cell = (source: string, destination: string) => byRow.get(source)?.get(destination);
  const withoutData = new Map(
    mesh.sources.filter((source) => source.silent)
      .map(({ name, reason }) => [name, reason ?? "no answer"]),
  );
  const reporting = nodes.filter(({ name }) => !withoutData.has(name));
  const measured = reporting.reduce((sum, { name }) => sum + (byRow.get(name)?.size ?? 0), 0);
  const notMeasured = unmeasuredPairs(mesh);
  const unmeasured = new Set(
    notMeasured.filter(({ source, destination }) => cell(source, destination) === undefined)
      .map(({ source, destination }) => JSON.stringify([source, destination])),
  );
  return {
    nodes,
    sources: mesh.sources,
    withoutData,
    stale: new Set(mesh.stale),
    notMeasured,
    notProbed: reporting.length * (nodes.length - 1) - measured - unmeasured.size,
    cells: nodes.flatMap(({ name }) =>
      [...byRow.get(name)?.values() ?? []].sort((one, other) =>
        placeOf(one.destination) - placeOf(other.destination)
      )
    ),
    externals: externalTargets(mesh.externals),
    cell,
    isUnmeasured: (source, destination) => unmeasured.has(JSON.stringify([source, destination])),
  };
}

/** How many pairs were measured, "of" how many where nodes probe only some others. */
export function pairsText({ cells, nodes, notProbed }: Matrix): string {
  return notProbed === 0
    ? `${cells.length} pairs`
    : `${cells.length} of ${nodes.length * (nodes.length - 1)} pairs`;
}

/** The cells that lost most, the worst first; those that lost nothing are none. */
export function worstCells({ cells }: Matrix, count: number): readonly Cell[] {
  return cells.filter((cell) => cell.loss > 0)
    .sort((one, other) => other.loss - one.loss || other.sent - one.sent)
    .slice(0, count);
}

/** Zones, and for each two what their pairs lost together. Nodes without a zone are in "". */
export interface ZoneMatrix {
  /** In the order of the matrix. */
  readonly zones: readonly string[];
  /** Undefined where no pair was measured. */
  readonly cell: (source: string, destination: string) => Sum | undefined;
  /** Whether no node of the zone reported. */
  readonly hasNoData: (zone: string) => boolean;
}

/** Folds the matrix by zone. */
export function foldByZone(matrix: Matrix): ZoneMatrix {
  const zoneOf = new Map(matrix.nodes.map((node) => [node.name, node.zone ?? ""]));
  const reporting = new Set(
    matrix.nodes.flatMap(({ name, zone = "" }) => matrix.withoutData.has(name) ? [] : zone),
  );
  const cells = Map.groupBy(
    matrix.cells,
    (cell) => JSON.stringify([zoneOf.get(cell.source), zoneOf.get(cell.destination)]),
  );
  return {
    zones: [...new Set(matrix.nodes.map((node) => node.zone ?? ""))],
    cell: (source, destination) => {
      const found = cells.get(JSON.stringify([source, destination]));
      return found === undefined ? undefined : addUp(found);
    },
    hasNoData: (zone) => !reporting.has(zone),
  };
}

/** What all sources saw of one external target at one address. */
export interface ExternalTarget extends Sum {
  /** Its name. */
  readonly destination: string;
  /** IP address, or host name, as probed. */
  readonly address: string;
  /** What each source saw, the one that lost most first. */
  readonly cells: readonly [Cell, ...Cell[]];
}

/** Adds up what the sources saw, by name and address: the target that lost most comes first. */
export function externalTargets(
  measurements: readonly PairMeasurement[],
): readonly ExternalTarget[] {
  const cells = measurements.filter(({ sent }) => sent > 0).map(cellOf);
  const targets = Map.groupBy(
    cells,
    ({ destination, address }) => JSON.stringify([destination, address]),
  );
  return [...targets.values()].flatMap((ofTarget) => {
    const [worst, ...others] = ofTarget.sort((one, other) =>
      other.loss - one.loss || compareNames(one.source, other.source)
    );
    if (worst === undefined) return [];
    const { destination, address } = worst;
    return [{ destination, address, cells: [worst, ...others] as const, ...addUp(ofTarget) }];
  }).sort((one, other) =>
    other.loss - one.loss || compareNames(one.destination, other.destination) ||
    compareNames(one.address, other.address)
  );
}

/** JSON: the nodes, and one object a pair of nodes, and a pair of a node and an external target. */
export function matrixJson(matrix: Matrix): string {
  const { nodes, withoutData, stale, notMeasured, cells, externals } = matrix;
  const withNull = ({ rttSeconds, pathMtu, ...cell }: Cell) => ({
    ...cell,
    rttSeconds: rttSeconds ?? null,
    pathMtuBytes: pathMtu?.bytes ?? null,
    pathMtuBlackHole: pathMtu?.blackHole ?? null,
  });
  const document = {
    nodes: nodes.map((node) => ({
      ...node,
      silent: withoutData.has(node.name),
      reason: withoutData.get(node.name),
      stale: stale.has(node.name),
    })),
    pairs: cells.map(withNull),
    notMeasured,
    externals: externals.flatMap((target) => target.cells.map(withNull)),
  };
  return `${jsonText(document, 2)}\n`;
}

const columns: readonly (readonly [string, (cell: Cell) => string | number])[] = [
  ["source", (cell) => cell.source],
  ["destination", (cell) => cell.destination],
  ["address", (cell) => cell.address],
  ["sent", (cell) => cell.sent],
  ["received", (cell) => cell.received],
  ["loss", (cell) => cell.loss],
  ["rtt_seconds", (cell) => cell.rttSeconds ?? ""],
  ["path_mtu_bytes", ({ pathMtu }) => pathMtu?.bytes ?? ""],
  ["path_mtu_black_hole", ({ pathMtu }) => pathMtu === undefined ? "" : Number(pathMtu.blackHole)],
];

/** CSV after RFC 4180, one row a pair of nodes, with a header. */
export function matrixCsv({ cells }: Matrix): string {
  const rows = cells.map((cell) => columns.map(([, value]) => csvField(String(value(cell)))));
  return [columns.map(([name]) => name), ...rows].map((row) => `${row.join(",")}\r\n`).join("");
}

/** Quoted where needed; a spreadsheet must not take a name for a formula. No number here is negative. */
function csvField(text: string): string {
  const safe = /^[-=+@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
