/** Where the rows and columns of the matrix are, in pixels. @module */

import type { Axis, Layout, Place } from "./layout.ts";

/** Where each item begins. */
export interface Metrics {
  /** One more than there are items. */
  readonly starts: Float64Array;
  /** Length of all. */
  readonly total: number;
}

/** Width of the band that names a group. */
export const bandWidth = 18;
const groupGap = 8;
const foldedSize = { min: 64, max: 132 };
const nodeSize = { min: 9, max: 60 };

/** Sizes of all that is drawn. */
export interface Geometry {
  /** Room of the rows' labels. */
  readonly left: number;
  /** Room of the columns' labels. */
  readonly top: number;
  /** Heights. */
  readonly rows: Metrics;
  /** Widths. */
  readonly columns: Metrics;
  /** Side of a node's cell. */
  readonly size: number;
}

/** Fits the matrix into the width, as far as cells stay large enough to be hit. */
export function geometryOf({ rows, columns }: Layout, width: number): Geometry {
  // A mark stands before or behind some names.
  const longest = (axis: Axis) => Math.max(4, ...axis.items.map(({ name }) => name.length)) + 2;
  const left = Math.min(200, 10 + 7.2 * longest(rows)) + (hasBands(rows) ? bandWidth : 0);
  const room = Math.max(0, width - left - 4 - groupGap * columns.groups.length);
  const folds = columns.items.filter(({ isFolded }) => isFolded).length;
  const nodes = columns.items.length - folds;
  const wide = folds === 0 ? 0 : clamp(room / (folds + nodes / 5), foldedSize.min, foldedSize.max);
  const highest = clamp(480 / Math.max(1, rows.items.length), 24, nodeSize.max);
  const size = nodes === 0
    ? nodeSize.max
    : clamp(Math.floor((room - folds * wide) / nodes), nodeSize.min, highest);
  const labels = columns.items.some(({ isFolded }) => !isFolded) && size >= 11
    ? Math.min(130, 8 + 7.2 * longest(unfolded(columns)))
    : 10;
  const top = (hasBands(columns) ? bandWidth + 4 : 4) + (folds > 0 ? Math.max(labels, 22) : labels);
  const high = folds === 0 ? 0 : Math.min(wide, 76);
  return {
    ...{ left, top, size },
    rows: metricsOf(rows, size, high),
    columns: metricsOf(columns, size, wide),
  };
}

/** Whether bands name the groups: a folded one has its name beside it. */
export function hasBands({ items, groups }: Axis): boolean {
  return groups.some(({ from }) => !items[from]?.isFolded);
}

function unfolded({ items, groups }: Axis): Axis {
  return { items: items.filter(({ isFolded }) => !isFolded), groups };
}

function metricsOf({ items, groups }: Axis, size: number, folded: number): Metrics {
  const starts = new Float64Array(items.length + 1);
  const begins = new Set(groups.slice(1).map(({ from }) => from));
  let at = 0;
  items.forEach((item, place) => {
    if (begins.has(place)) at += groupGap;
    starts[place] = at;
    at += item.isFolded ? folded : size;
  });
  starts[items.length] = at;
  return { starts, total: at };
}

/** Length of an item, without the gap to the next group. */
export function sizeAt({ items, groups }: Axis, { starts }: Metrics, place: number): number {
  const next = starts[place + 1] ?? 0;
  const isLast = groups.some(({ to }) => to === place + 1) && place + 1 < items.length;
  return next - (starts[place] ?? 0) - (isLast ? groupGap : 0);
}

/** The item at a position; -1 beyond the end. */
export function indexAt({ starts, total }: Metrics, position: number): number {
  if (position < 0 || position >= total) return -1;
  let [low, high] = [0, starts.length - 2];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= position) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Where a cell is. */
export function boxOf({ rows, columns }: Geometry, { row, column }: Place): {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
} {
  const [x, y] = [columns.starts[column] ?? 0, rows.starts[row] ?? 0];
  return {
    ...{ x, y },
    width: (columns.starts[column + 1] ?? x) - x,
    height: (rows.starts[row + 1] ?? y) - y,
  };
}

/** The value, or the bound that it exceeds. */
export function clamp(value: number, min: number, max: number): number {
  return Math.max(min, Math.min(max, value));
}
