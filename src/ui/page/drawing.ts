/** Draws the matrix on a canvas: only what is seen, so that a million cells scroll as well as ten. @module */

import { lossStep, shortLoss, shortRtt } from "../../matrix/text.ts";
import type { Shown } from "../../matrix/text.ts";
import type { PageData } from "../../matrix/html.ts";
import { font } from "./canvas.ts";
import type { Drawing, Palette } from "./canvas.ts";
import { indexAt, sizeAt } from "./geometry.ts";
import { drawLabels } from "./labels.ts";
import type { Cell, Place } from "./layout.ts";

/** Draws what is seen of the matrix; of a drawing that is there, only what differs. */
export function draw(canvas: HTMLCanvasElement, drawing: Drawing, before?: Drawing): void {
  const { size: { width, height }, geometry, scroll, palette } = drawing;
  const ratio = globalThis.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d");
  if (context === null) return;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const { left, top, rows, columns } = geometry;
  const stale = before && isSameButActive(before, drawing)
    ? [before.active, drawing.active].filter((place) => place !== undefined)
    : undefined;
  const first = {
    row: Math.max(0, indexAt(rows, scroll.y)),
    column: Math.max(0, indexAt(columns, scroll.x)),
  };
  context.save();
  context.beginPath();
  context.rect(left, top, width - left, height - top);
  context.clip();
  const { layout } = drawing;
  if (stale === undefined) context.clearRect(0, 0, width, height);
  else for (const place of stale) cross(drawing, place, (...box) => context.clearRect(...box));
  if (drawing.active !== undefined) {
    context.fillStyle = palette.faint;
    cross(drawing, drawing.active, (...box) => context.fillRect(...box));
  }
  const isStale = (row: number, column: number) =>
    stale?.some((place) => place.row === row || place.column === column) ?? true;
  const mtu = maxMtu(drawing.data);
  for (let row = first.row; row < layout.rows.items.length; row++) {
    const y = top + (rows.starts[row] ?? 0) - scroll.y;
    if (y > height) break;
    const high = sizeAt(layout.rows, rows, row);
    for (let column = first.column; column < layout.columns.items.length; column++) {
      const x = left + (columns.starts[column] ?? 0) - scroll.x;
      if (x > width) break;
      if (!isStale(row, column)) continue;
      const wide = sizeAt(layout.columns, columns, column);
      drawCell(context, drawing, { row, column }, { x, y, width: wide, height: high }, mtu);
    }
  }
  drawFrames(context, drawing);
  context.restore();
  drawLabels(context, drawing, first);
}

/** Whether two drawings differ by nothing but the cell that is pointed at. */
function isSameButActive(before: Drawing, after: Drawing): boolean {
  const { active: _, ...rest } = after;
  return Object.entries(rest).every(([name, value]) => before[name as keyof Drawing] === value);
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The row and the column of a cell, as boxes. */
function cross(
  { geometry: { left, top, rows, columns }, scroll, size, layout }: Drawing,
  { row, column }: Place,
  paint: (x: number, y: number, width: number, height: number) => void,
): void {
  const y = top + (rows.starts[row] ?? 0) - scroll.y;
  const x = left + (columns.starts[column] ?? 0) - scroll.x;
  paint(0, y, size.width, sizeAt(layout.rows, rows, row));
  paint(x, 0, sizeAt(layout.columns, columns, column), size.height);
}

/** The size of the mark says what its colour says: nobody has to see colours. */
const shares = [0.62, 0.72, 0.82, 0.92, 1] as const;

function drawCell(
  context: CanvasRenderingContext2D,
  drawing: Drawing,
  { row, column }: Place,
  box: Box,
  mtu: number,
): void {
  const { layout, palette, show, data } = drawing;
  const [from, to] = [layout.rows.items[row], layout.columns.items[column]];
  if (from === undefined || to === undefined) return;
  const isNode = !from.isFolded && !to.isFolded;
  if (isNode && from.nodes[0] === to.nodes[0]) return;
  const cell = layout.cell(row, column);
  if (cell === undefined) {
    const hasNoData = layout.isUnmeasured(row, column) ||
      from.nodes.every((node) => data.nodes[node]?.noData !== undefined);
    drawEmpty(context, box, hasNoData, palette);
    return;
  }
  const { step, fill, ink, text } = lookOf(cell, show, palette, isNode, mtu);
  if (!isNode && show === "loss" && step < 3 && box.width >= 50 && box.height >= 44) {
    return drawFaintGroup(context, cell, { step, fill, text }, box, palette);
  }
  const gap = Math.min(box.width, box.height) > 14 ? 1 : 0.5;
  const share = isNode && box.width < 20 ? shares[step] ?? 1 : 1;
  const wide = (box.width - 2 * gap) * share;
  const high = (box.height - 2 * gap) * share;
  context.fillStyle = fill;
  const corner = [box.x + (box.width - wide) / 2, box.y + (box.height - high) / 2] as const;
  if (box.width >= 14) {
    context.beginPath();
    context.roundRect(...corner, wide, high, Math.min(4, wide / 5));
    context.fill();
  } else context.fillRect(...corner, wide, high);
  if (!isNode && show === "loss") drawBadge(context, cell, step, box, palette);
  if (Math.min(box.width, box.height) < 20) return;
  context.fillStyle = ink;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  if (isNode || box.width < 50) {
    if (!isNode && cell.lossy === 0 && show === "loss") return;
    context.font = `500 ${Math.min(13, box.width / 2.6)}px ${font}`;
    context.fillText(isNode ? text : text.replace(" %", ""), x, y + 0.5);
    return;
  }
  if (box.height >= 44) return drawGroupText(context, cell, text, ink, box);
  if (cell.lossy === 0 && show === "loss") return;
  context.font = `600 14px ${font}`;
  context.fillText(text, x, y);
}

/** A group that loses little has a bar, whose height grows with its step: calm, as its loss is. */
function drawFaintGroup(
  context: CanvasRenderingContext2D,
  cell: Cell,
  { step, fill, text }: Omit<Look, "ink">,
  box: Box,
  palette: Palette,
): void {
  const [x, y, width, height] = [box.x + 1, box.y + 1, box.width - 2, box.height - 2];
  const bar = 4 * step;
  context.save();
  context.beginPath();
  context.roundRect(x, y, width, height, 4);
  context.clip();
  context.fillStyle = palette.steps[0] ?? "";
  context.fillRect(x, y, width, height);
  context.fillStyle = fill;
  context.fillRect(x, y + height - bar, width, bar);
  drawBadge(context, cell, step, box, palette);
  context.restore();
  const ink = (step === 0 ? palette.onSteps[0] : palette.ink) ?? "";
  drawGroupText(context, cell, text, ink, { x, y, width, height: height - bar });
}

/** The mean, and how many pairs it is of. */
function drawGroupText(
  context: CanvasRenderingContext2D,
  cell: Cell,
  text: string,
  ink: string,
  box: Box,
): void {
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  context.fillStyle = ink;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.font = `600 14px ${font}`;
  context.fillText(text, x, y - 8);
  context.font = `11px ${font}`;
  const pairs = cell.pairs.toLocaleString("en");
  const note = cell.lossy === 0 ? `${pairs} pairs` : `${cell.lossy} of ${pairs} lose`;
  context.fillText(note, x, y + 10, box.width - 6);
}

/** One cut link must not drown in thousands of good pairs: a corner shows a group's worst. */
function drawBadge(
  context: CanvasRenderingContext2D,
  cell: Cell,
  step: number,
  { x, y, width, height }: Box,
  palette: Palette,
): void {
  const worst = lossStep(cell.worstLoss);
  if (worst <= step) return;
  const size = Math.min(18, width / 2, height / 2) * (0.6 + worst / 10);
  context.fillStyle = palette.steps[worst] ?? "";
  context.beginPath();
  context.moveTo(x + width - 1 - size, y + 1);
  context.lineTo(x + width - 1, y + 1);
  context.lineTo(x + width - 1, y + 1 + size);
  context.fill();
}

interface Look {
  readonly step: number;
  readonly fill: string;
  readonly ink: string;
  readonly text: string;
}

/** Upper bounds of the steps of round-trip times, in microseconds. */
const rttBounds = [300, 1000, 5000, 20_000] as const;

function lookOf(cell: Cell, show: Shown, palette: Palette, isNode: boolean, mtu: number): Look {
  if (show === "rtt") {
    if (cell.rttMicros < 0) return { ...stepLook(palette, 0), text: "–" };
    const step = rttBounds.filter((bound) => cell.rttMicros >= bound).length;
    const text = shortRtt(cell.rttMicros / 1e6) + (isNode ? "" : " ms");
    return { step, fill: palette.rtt[step] ?? "", ink: palette.onRtt[step] ?? "", text };
  }
  if (show === "mtu") {
    if (cell.mtuBytes === 0) return { ...stepLook(palette, 0), text: "–" };
    const bytes = Math.abs(cell.mtuBytes);
    const step = cell.mtuBytes < 0 ? 4 : bytes < mtu ? 2 : 0;
    return { ...stepLook(palette, step), text: `${cell.mtuBytes < 0 ? "!" : ""}${bytes}` };
  }
  const mean = cell.lost / Math.max(1, cell.sent);
  if (!isNode) return { ...stepLook(palette, lossStep(mean)), text: meanText(mean) };
  const text = cell.worstLoss === 0 ? "" : shortLoss(cell.worstLoss);
  return { ...stepLook(palette, lossStep(cell.worstLoss)), text };
}

function meanText(loss: number): string {
  if (loss === 0) return "no loss";
  return loss < 0.001 ? "< 0.1 %" : `${Number((100 * loss).toFixed(loss < 0.1 ? 1 : 0))} %`;
}

function stepLook(palette: Palette, step: number): Omit<Look, "text"> {
  return { step, fill: palette.steps[step] ?? "", ink: palette.onSteps[step] ?? "" };
}

function maxMtu({ pairs }: PageData): number {
  return pairs.mtuBytes.reduce((max, bytes) => Math.max(max, bytes), 0);
}

function drawEmpty(
  context: CanvasRenderingContext2D,
  box: Box,
  hasNoData: boolean,
  palette: Palette,
): void {
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  context.fillStyle = palette.muted;
  if (hasNoData && box.width >= 14) {
    context.font = `${Math.min(12, box.width / 2)}px ${font}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText("?", x, y);
  } else if (hasNoData) {
    context.fillRect(x - box.width / 4, y - 0.5, box.width / 2, 1);
  } else context.fillRect(x - 0.75, y - 0.75, 1.5, 1.5);
}

function drawFrames(context: CanvasRenderingContext2D, drawing: Drawing): void {
  const { active, chosen, geometry, scroll, palette, layout } = drawing;
  for (const [place, color] of [[chosen, palette.accent], [active, palette.ink]] as const) {
    if (place === undefined) continue;
    const { left, top, rows, columns } = geometry;
    // Within the cell, so that what is drawn anew of it takes the frame along.
    const frame = (inset: number, width: number, stroke: string) => {
      context.strokeStyle = stroke;
      context.lineWidth = width;
      context.strokeRect(
        left + (columns.starts[place.column] ?? 0) - scroll.x + inset,
        top + (rows.starts[place.row] ?? 0) - scroll.y + inset,
        sizeAt(layout.columns, columns, place.column) - 2 * inset,
        sizeAt(layout.rows, rows, place.row) - 2 * inset,
      );
    };
    frame(1, 2, color);
    frame(2.5, 1, palette.ground);
  }
}
