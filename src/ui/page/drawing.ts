/** Draws the matrix on a canvas: only what is seen, so that a million cells scroll as well as ten. @module */

import { lossStep, shortLoss, shortRtt } from "../../matrix/text.ts";
import type { PageData } from "../../matrix/html.ts";
import { bandWidth, indexAt, sizeAt } from "./geometry.ts";
import type { Geometry } from "./geometry.ts";
import type { AxisItem, Cell, Layout, Place } from "./layout.ts";
import type { Shown } from "./view.ts";

/** Colours, as the style has them. */
export interface Palette {
  /** Texts. */
  readonly ink: string;
  /** Labels. */
  readonly muted: string;
  /** Row and column of what is pointed at. */
  readonly faint: string;
  /** Borders. */
  readonly line: string;
  /** Behind all. */
  readonly ground: string;
  /** The pair that is kept. */
  readonly accent: string;
  /** Steps of losses. */
  readonly steps: readonly string[];
  /** Texts on them. */
  readonly onSteps: readonly string[];
  /** Steps of round-trip times. */
  readonly rtt: readonly string[];
  /** Texts on them. */
  readonly onRtt: readonly string[];
}

const font = "system-ui, -apple-system, 'Segoe UI', sans-serif";

/** All that a drawing depends on. */
export interface Drawing {
  /** What is drawn. */
  readonly data: PageData;
  /** Where it is. */
  readonly layout: Layout;
  /** Of it, what the cells show. */
  readonly show: Shown;
  /** Nodes that a verdict is about. */
  readonly marked: ReadonlySet<number>;
  /** The pair that is kept. */
  readonly chosen: Place | undefined;
  /** Sizes. */
  readonly geometry: Geometry;
  /** Of what is seen, in pixels. */
  readonly size: { readonly width: number; readonly height: number };
  /** How far what is seen is from the beginning. */
  readonly scroll: { readonly x: number; readonly y: number };
  /** Colours. */
  readonly palette: Palette;
  /** The cell that is pointed at. */
  readonly active: Place | undefined;
}

/** Draws what is seen of the matrix. */
export function draw(canvas: HTMLCanvasElement, drawing: Drawing): void {
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
  context.clearRect(0, 0, width, height);
  const { left, top, rows, columns } = geometry;
  const first = {
    row: Math.max(0, indexAt(rows, scroll.y)),
    column: Math.max(0, indexAt(columns, scroll.x)),
  };
  context.save();
  context.beginPath();
  context.rect(left, top, width - left, height - top);
  context.clip();
  drawCross(context, drawing);
  const { layout } = drawing;
  const mtu = maxMtu(drawing.data);
  for (let row = first.row; row < layout.rows.items.length; row++) {
    const y = top + (rows.starts[row] ?? 0) - scroll.y;
    if (y > height) break;
    const high = sizeAt(layout.rows, rows, row);
    for (let column = first.column; column < layout.columns.items.length; column++) {
      const x = left + (columns.starts[column] ?? 0) - scroll.x;
      if (x > width) break;
      const wide = sizeAt(layout.columns, columns, column);
      drawCell(context, drawing, { row, column }, { x, y, width: wide, height: high }, mtu);
    }
  }
  drawFrames(context, drawing);
  context.restore();
  drawLabels(context, drawing, first);
  context.fillStyle = palette.line;
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function drawCross(context: CanvasRenderingContext2D, drawing: Drawing): void {
  const { active, geometry: { left, top, rows, columns }, scroll, palette, size } = drawing;
  if (active === undefined) return;
  context.fillStyle = palette.faint;
  const y = top + (rows.starts[active.row] ?? 0) - scroll.y;
  const x = left + (columns.starts[active.column] ?? 0) - scroll.x;
  context.fillRect(0, y, size.width, sizeAt(drawing.layout.rows, rows, active.row));
  context.fillRect(x, 0, sizeAt(drawing.layout.columns, columns, active.column), size.height);
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
    const hasNoData = from.nodes.every((node) => data.nodes[node]?.noData !== undefined);
    drawEmpty(context, box, hasNoData, palette);
    return;
  }
  const { step, fill, ink, text } = lookOf(cell, show, palette, isNode, mtu);
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
  const isTall = box.height >= 44;
  if (!isTall && cell.lossy === 0 && show === "loss") return;
  context.font = `600 14px ${font}`;
  context.fillText(text, x, y - (isTall ? 8 : 0));
  if (!isTall) return;
  context.font = `11px ${font}`;
  const note = cell.lossy === 0 ? `${cell.pairs} pairs` : `${cell.lossy} of ${cell.pairs} lose`;
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
    context.strokeStyle = color;
    context.lineWidth = 2;
    context.strokeRect(
      left + (columns.starts[place.column] ?? 0) - scroll.x,
      top + (rows.starts[place.row] ?? 0) - scroll.y,
      sizeAt(layout.columns, columns, place.column),
      sizeAt(layout.rows, rows, place.row),
    );
  }
}

function drawLabels(context: CanvasRenderingContext2D, drawing: Drawing, first: Place): void {
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
  if (item.isFolded) return `${item.name}`;
  const { noData, cordoned } = data.nodes[item.nodes[0] ?? -1] ?? {};
  return `${isMarked ? "▸ " : ""}${item.name}${noData ? " ?" : ""}${cordoned ? " #" : ""}`;
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
  const room = right - (layout.rows.groups.length > 0 ? bandWidth : 0) - 2;
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
  const hasBand = layout.columns.groups.length > 0;
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

/** Reads the colours of the theme that is on. */
export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const steps = (name: string) => [0, 1, 2, 3, 4].map((step) => read(`${name}${step}`));
  return {
    ...{ ink: read("ink"), muted: read("muted"), faint: read("faint"), line: read("line") },
    ...{ ground: read("panel"), accent: read("accent") },
    ...{ steps: steps("l"), onSteps: steps("on-l"), rtt: steps("r"), onRtt: steps("on-r") },
  };
}
