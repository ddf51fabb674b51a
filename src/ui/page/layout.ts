/** The matrix as it is drawn: which nodes or groups of nodes are rows and columns, and what is in each cell. @module */

import type { PageData, PageVerdict } from "../../matrix/html.ts";
import { foldAbove } from "../../matrix/text.ts";
import type { View } from "./view.ts";

/** A cell by its row and column. */
export interface Place {
  /** From 0. */
  readonly row: number;
  /** From 0. */
  readonly column: number;
}

/** A row, or a column. */
export interface AxisItem {
  /** Name of the node or of the group. */
  readonly name: string;
  /** The nodes in it, by index: one for a node. */
  readonly nodes: readonly number[];
  /** True for several nodes that are folded into one. */
  readonly isFolded: boolean;
  /** The group that it belongs to. */
  readonly group: string;
}

/** Rows, or columns. */
export interface Axis {
  /** In order. */
  readonly items: readonly AxisItem[];
  /** Consecutive items of one group, in order; only where there are groups. */
  readonly groups: readonly { readonly name: string; readonly from: number; readonly to: number }[];
}

/** What is in a cell, added up where it stands for several pairs. */
export interface Cell {
  /** Pairs that were measured. */
  readonly pairs: number;
  /** Pairs that lost anything. */
  readonly lossy: number;
  /** Probes whose outcome is known. */
  readonly sent: number;
  /** Of these the lost. */
  readonly lost: number;
  /** Mean in microseconds; -1 where it is not known. */
  readonly rttMicros: number;
  /** Smallest known path MTU, 0 for none; negative where larger packets vanish. */
  readonly mtuBytes: number;
  /** Index of the pair that lost most. */
  readonly worst: number;
  /** Of the worst pair, 0 to 1. */
  readonly worstLoss: number;
}

/** The matrix. */
export interface Layout {
  /** The sources. */
  readonly rows: Axis;
  /** The destinations. */
  readonly columns: Axis;
  /** Undefined where nothing was measured. */
  readonly cell: (row: number, column: number) => Cell | undefined;
  /** Whether nothing was measured of a pair that its source has in its list. */
  readonly isUnmeasured: (row: number, column: number) => boolean;
}

/** Arranges the nodes as the view asks. */
export function layoutOf(data: PageData, view: View): Layout {
  const all = data.nodes.map((_, node) => node);
  const matching = view.filter === ""
    ? all
    : all.filter((node) => matches(data, node, view.filter));
  const rows = axisOf(data, view, matching);
  // One node alone is looked at against all others.
  const columns = view.filter !== "" && matching.length < 3 ? axisOf(data, view, all) : rows;
  const cell = cellsOf(data, rows, columns);
  const [rowOf, columnOf] = [placesOf(rows, all.length), placesOf(columns, all.length)];
  const unmeasured = new Set(
    data.unmeasured.map(([source, destination]) => `${rowOf[source]} ${columnOf[destination]}`),
  );
  return {
    ...{ rows, columns, cell },
    isUnmeasured: (row, column) =>
      unmeasured.has(`${row} ${column}`) && cell(row, column) === undefined,
  };
}

/** The nodes that a verdict names, or that are in the zones that it names, by index. */
export function nodesOf(
  { nodes }: PageData,
  { kind, names }: Pick<PageVerdict, "kind" | "names">,
): ReadonlySet<number> {
  const areZones = kind === "zone-pair" || kind === "mtu";
  return new Set(
    nodes.flatMap(({ name, zone }, node) =>
      names.includes(name) || areZones && zone !== undefined && names.includes(zone) ? [node] : []
    ),
  );
}

function matches({ nodes }: PageData, node: number, filter: string): boolean {
  const { name = "", zone = "" } = nodes[node] ?? {};
  return filter.toLowerCase().split(/[\s,]+/).filter(Boolean)
    .some((part) => name.toLowerCase().includes(part) || zone.toLowerCase() === part);
}

function axisOf(data: PageData, { order, open }: View, nodes: readonly number[]): Axis {
  const name = (node: number) => data.nodes[node]?.name ?? "";
  const byName = (one: number, other: number) => naturally.compare(name(one), name(other));
  const single = (node: number, group: string): AxisItem => ({
    ...{ name: name(node), nodes: [node], isFolded: false, group },
  });
  if (order === "loss") {
    const losses = lossOfNodes(data);
    const sorted = nodes.toSorted((one, other) =>
      (losses[other] ?? 0) - (losses[one] ?? 0) || byName(one, other)
    );
    return { items: sorted.map((node) => single(node, "")), groups: [] };
  }
  if (order === "name") {
    return { items: nodes.toSorted(byName).map((node) => single(node, "")), groups: [] };
  }
  const items: AxisItem[] = [];
  const groups: { name: string; from: number; to: number }[] = [];
  const folds = nodes.length > foldAbove;
  for (const group of groupsOf(data, nodes.toSorted(byName), folds)) {
    const from = items.length;
    if (folds && !open.includes(group.name)) {
      items.push({ name: group.name, nodes: group.nodes, isFolded: true, group: group.name });
    } else items.push(...group.nodes.map((node) => single(node, group.name)));
    groups.push({ name: group.name, from, to: items.length });
  }
  return { items, groups: groups.length > 1 || folds ? groups : [] };
}

const naturally = new Intl.Collator("en", { numeric: true });

/** By zone; of many nodes without zones, parts of the alphabet. */
function groupsOf(
  { nodes }: PageData,
  sorted: readonly number[],
  folds: boolean,
): { readonly name: string; readonly nodes: readonly number[] }[] {
  const zones = Map.groupBy(sorted, (node) => nodes[node]?.zone ?? "");
  if (zones.size > 1 || !folds) {
    return [...zones].sort(([one], [other]) =>
      Number(one === "") - Number(other === "") || naturally.compare(one, other)
    ).map(([zone, members]) => ({ name: zone || "no zone", nodes: members }));
  }
  const parts = Math.ceil(sorted.length / foldAbove);
  const size = Math.ceil(sorted.length / parts);
  return Array.from({ length: parts }, (_, part) => {
    const members = sorted.slice(part * size, (part + 1) * size);
    const [first, last] = [members[0] ?? 0, members.at(-1) ?? 0].map((node) => nodes[node]?.name);
    return { name: `${first} … ${last}`, nodes: members };
  });
}

function lossOfNodes({ nodes, pairs }: PageData): Float64Array {
  const [sent, lost] = [new Float64Array(nodes.length), new Float64Array(nodes.length)];
  pairs.sent.forEach((count, pair) => {
    for (const node of [pairs.source[pair] ?? 0, pairs.destination[pair] ?? 0]) {
      sent[node] = (sent[node] ?? 0) + count;
      lost[node] = (lost[node] ?? 0) + (pairs.lost[pair] ?? 0);
    }
  });
  return lost.map((count, node) => count / Math.max(1, sent[node] ?? 0));
}

function cellsOf(data: PageData, rows: Axis, columns: Axis): Layout["cell"] {
  const { pairs, nodes } = data;
  const rowOf = placesOf(rows, nodes.length);
  const columnOf = placesOf(columns, nodes.length);
  const width = columns.items.length;
  // Pairs by cell, as linked lists: most cells have one, folded ones thousands.
  const head = new Int32Array(rows.items.length * width).fill(-1);
  const next = new Int32Array(pairs.sent.length);
  for (let pair = 0; pair < pairs.sent.length; pair++) {
    const row = rowOf[pairs.source[pair] ?? -1] ?? -1;
    const column = columnOf[pairs.destination[pair] ?? -1] ?? -1;
    if (row < 0 || column < 0) continue;
    const place = row * width + column;
    next[pair] = head[place] ?? -1;
    head[place] = pair;
  }
  const made = new Map<number, Cell>();
  return (row, column) => {
    const place = row * width + column;
    const first = head[place] ?? -1;
    if (first < 0) return undefined;
    const known = made.get(place);
    if (known) return known;
    const cell = cellOf(
      data,
      first,
      next,
      !rows.items[row]?.isFolded && !columns.items[column]?.isFolded,
    );
    made.set(place, cell);
    return cell;
  };
}

function placesOf(axis: Axis, nodes: number): Int32Array {
  const places = new Int32Array(nodes).fill(-1);
  axis.items.forEach((item, place) => item.nodes.forEach((node) => places[node] = place));
  return places;
}

/** Of one pair of nodes the address that lost most counts; pairs of several nodes are added up. */
function cellOf({ pairs }: PageData, first: number, next: Int32Array, isOne: boolean): Cell {
  let [count, lossy, sent, lost, timed, rtt, mtu] = [0, 0, 0, 0, 0, 0, 0];
  let [worst, worstLoss] = [first, -1];
  for (let pair = first; pair >= 0; pair = next[pair] ?? -1) {
    const [ofSent, ofLost] = [pairs.sent[pair] ?? 0, pairs.lost[pair] ?? 0];
    const loss = ofLost / Math.max(1, ofSent);
    if (loss > worstLoss) [worst, worstLoss] = [pair, loss];
    count++;
    if (ofLost > 0) lossy++;
    sent += ofSent;
    lost += ofLost;
    const micros = pairs.rttMicros[pair] ?? -1;
    if (micros >= 0) {
      timed += ofSent - ofLost;
      rtt += micros * (ofSent - ofLost);
    }
    mtu = smallerMtu(mtu, pairs.mtuBytes[pair] ?? 0);
  }
  if (isOne) {
    [sent, lost] = [pairs.sent[worst] ?? 0, pairs.lost[worst] ?? 0];
  }
  return {
    ...{ pairs: count, lossy, sent, lost, worst, worstLoss, mtuBytes: mtu },
    rttMicros: timed > 0 ? rtt / timed : -1,
  };
}

/** A black hole before a smaller MTU before a larger one before none. */
function smallerMtu(one: number, other: number): number {
  if (one === 0 || other === 0) return one || other;
  return one < 0 && other < 0 ? Math.max(one, other) : Math.min(one, other);
}
