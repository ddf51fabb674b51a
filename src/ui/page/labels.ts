/** The names along the edges of the matrix, and the groups that they stand in. @module */

import { font } from "./canvas.ts";
import type { Drawing } from "./canvas.ts";
import { bandWidth, hasBands, sizeAt } from "./geometry.ts";
import type { AxisItem, Place } from "./layout.ts";

/** Draws the names of the rows and columns that are seen, from the first on. */
export function drawLabels(
  context: CanvasRenderingContext2D,
  drawing: Drawing,
  first: Place,
): void {
  const { layout, geometry, scroll, size, palette } = drawing;
  const { left, top, rows, columns } = geometry;
  context.fillStyle = palette.ground;
  context.clearRect(0, 0, size.width, top);
  context.clearRect(0, 0, left, size.height);
  context.save();
  context.beginPath();
  context.rect(0, top, left, size.height - top);
  context.clip();
  for (let row = first.row; row < layout.rows.items.length; row++) {
    const y = top + (rows.starts[row] ?? 0) - scroll.y;
    if (y > size.height) break;
    rowLabel(context, drawing, row, y);
  }
  bands(context, drawing, "rows");
  context.restore();
  context.save();
  context.beginPath();
  context.rect(left, 0, size.width - left, top);
  context.clip();
  for (let column = first.column; column < layout.columns.items.length; column++) {
    const x = left + (columns.starts[column] ?? 0) - scroll.x;
    if (x > size.width) break;
    columnLabel(context, drawing, column, x);
  }
  bands(context, drawing, "columns");
  context.restore();
}

function labelStyle(
  context: CanvasRenderingContext2D,
  { palette, marked, data }: Drawing,
  item: AxisItem,
  isActive: boolean,
  size: number,
): string {
  const isMarked = item.nodes.some((node) => marked.has(node));
  context.font = `${isActive || isMarked ? 600 : 400} ${size}px ${font}`;
  context.fillStyle = isActive || isMarked ? palette.ink : palette.muted;
  if (item.isFolded) return `${isMarked ? "▸ " : ""}${item.name}`;
  const { noData, stale, cordoned } = data.nodes[item.nodes[0] ?? -1] ?? {};
  const marks = `${stale ? " x" : noData ? " ?" : ""}${cordoned ? " #" : ""}`;
  return `${isMarked ? "▸ " : ""}${item.name}${marks}`;
}

function rowLabel(
  context: CanvasRenderingContext2D,
  drawing: Drawing,
  row: number,
  y: number,
): void {
  const { layout, geometry, active } = drawing;
  const item = layout.rows.items[row];
  const high = sizeAt(layout.rows, geometry.rows, row);
  const isActive = active?.row === row;
  if (item === undefined || high < 10 && !isActive) return;
  const text = labelStyle(context, drawing, item, isActive, item.isFolded ? 13 : 12);
  context.textAlign = "right";
  context.textBaseline = "middle";
  const right = geometry.left - 8;
  const room = right - (hasBands(layout.rows) ? bandWidth : 0) - 2;
  if (!item.isFolded) return context.fillText(cut(context, text, room), right, y + high / 2 + 0.5);
  context.fillText(cut(context, text, room), right, y + high / 2 - 8);
  context.font = `11px ${font}`;
  context.fillStyle = drawing.palette.muted;
  context.fillText(`${item.nodes.length} nodes`, right, y + high / 2 + 9);
}

function columnLabel(
  context: CanvasRenderingContext2D,
  drawing: Drawing,
  column: number,
  x: number,
): void {
  const { layout, geometry, active } = drawing;
  const item = layout.columns.items[column];
  const wide = sizeAt(layout.columns, geometry.columns, column);
  const isActive = active?.column === column;
  if (item === undefined || wide < 10 && !isActive) return;
  const text = labelStyle(context, drawing, item, isActive, item.isFolded ? 13 : 12);
  const hasBand = hasBands(layout.columns);
  const room = geometry.top - (hasBand ? bandWidth + 4 : 0) - 8;
  context.textBaseline = "middle";
  if (item.isFolded) {
    context.textAlign = "center";
    context.fillText(cut(context, text, wide - 4), x + wide / 2, geometry.top - 12);
    return;
  }
  context.save();
  context.translate(x + wide / 2, geometry.top - 6);
  context.rotate(-Math.PI / 2);
  context.textAlign = "left";
  context.fillText(cut(context, text, room), 0, 0.5);
  context.restore();
}

/** The names of the groups along the edge, where they are unfolded. */
function bands(
  context: CanvasRenderingContext2D,
  drawing: Drawing,
  side: "rows" | "columns",
): void {
  const { layout, geometry, scroll, palette, size } = drawing;
  const axis = layout[side];
  const { starts } = geometry[side];
  const offset = side === "rows" ? geometry.top - scroll.y : geometry.left - scroll.x;
  const [low, high] = side === "rows" ? [geometry.top, size.height] : [geometry.left, size.width];
  for (const { name, from, to } of axis.groups) {
    if (axis.items[from]?.isFolded) continue;
    const last = sizeAt(axis, geometry[side], to - 1);
    const begin = Math.max(low, offset + (starts[from] ?? 0));
    const end = Math.min(high, offset + (starts[to - 1] ?? 0) + last);
    if (end - begin < 12) continue;
    context.save();
    if (side === "rows") {
      context.translate(2, end);
      context.rotate(-Math.PI / 2);
    } else context.translate(begin, 2);
    context.fillStyle = palette.faint;
    context.beginPath();
    context.roundRect(0, 0, end - begin, bandWidth - 3, 3);
    context.fill();
    context.fillStyle = palette.muted;
    context.font = `600 11px ${font}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(
      cut(context, name, end - begin - 6),
      (end - begin) / 2,
      (bandWidth - 3) / 2 + 0.5,
    );
    context.restore();
  }
}

/** The middle goes first: ends differ. */
function cut(context: CanvasRenderingContext2D, text: string, room: number): string {
  if (context.measureText(text).width <= room) return text;
  for (let keep = text.length - 1; keep > 1; keep--) {
    const head = Math.ceil(keep / 2);
    const short = `${text.slice(0, head)}…${text.slice(text.length - (keep - head))}`;
    if (context.measureText(short).width <= room) return short;
  }
  return "";
}
