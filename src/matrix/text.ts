/** The matrix as text for a terminal of any width, once or again and again. @module */

import { gapLines, percent } from "../diagnosis/report.ts";
import { foldByZone, pairsText, worstCells } from "./matrix.ts";
import type { Cell, ExternalTarget, Matrix } from "./matrix.ts";
import type { Clock } from "../platform/clock.ts";
import { firstLines, printableMessage } from "../platform/terminal.ts";

/** Above so many nodes the matrix folds by zone. */
export const foldAbove = 40;

const cellWidth = 5;
const minLabel = 8;

interface Heading {
  readonly label: string;
  /** Stands over this row or column and those that follow. */
  readonly head?: string;
}

/** A table of equal cells with labels at the left; columns that do not fit come in further bands. */
interface Grid {
  readonly rows: readonly (Heading & { readonly mark?: string })[];
  readonly columns: readonly Heading[];
  /** Text of at most {@linkcode cellWidth} characters, and its loss for the colour. */
  readonly cell: (row: number, column: number) => { readonly text: string; readonly loss: number };
}

/** Draws the matrix; folded by zone and with the worst pairs where it is large. */
export function matrixText(matrix: Matrix, settings: TextSettings): string {
  if (matrix.nodes.length === 0) return "No node was measured.\n";
  const folds = matrix.nodes.length > foldAbove;
  const what = titles[settings.show];
  // A row of several nodes has no mark.
  const marks = folds ? "" : (matrix.withoutData.size > 0 ? ", ~ no data from the source" : "") +
    (matrix.nodes.some((node) => node.cordoned) ? ", # cordoned" : "") +
    (matrix.stale.size > 0 ? ", x not in the cluster" : "");
  const head = `${matrix.nodes.length} nodes, ${pairsText(matrix)}: ${what}; rows probe columns; ` +
    `${signs(settings.show)}${matrix.notProbed > 0 ? ", - not probed" : ""}${marks}\n`;
  const body = drawGrid(folds ? zoneGrid(matrix, settings) : nodeGrid(matrix, settings), settings);
  const worst = folds ? worstText(matrix, settings) : "";
  const { notMeasured, stale, externals } = matrix;
  const gaps = gapLines(matrix, { notMeasured, stale: [...stale].sort() })
    .flatMap((line) => wrapped(line, settings.width)).map((line) => `${line}\n`).join("");
  return `${head}\n${body}${worst}${externalsText(externals, settings)}${gaps}`;
}

const titles: Readonly<Record<Shown, string>> = {
  loss: "loss in %",
  rtt: "mean round-trip time in ms",
  mtu: "path MTU in bytes",
};

function signs(show: Shown): string {
  return show === "mtu" ? "! larger packets vanish, ? not measured" : "· no loss, ? not measured";
}

function nodeGrid(matrix: Matrix, { show }: TextSettings): Grid {
  const { nodes, cell, withoutData, stale, isUnmeasured } = matrix;
  const zoned = nodes.some((node) => node.zone !== undefined);
  const head = (index: number) => {
    const zone = nodes[index]?.zone;
    const isFirst = index === 0 || nodes[index - 1]?.zone !== zone;
    return isFirst && zoned ? { head: zone ?? "no zone" } : {};
  };
  return {
    rows: nodes.map(({ name, cordoned }, index) => ({
      label: `${index + 1} ${name}`,
      mark: (withoutData.has(name) ? "~" : "") + (cordoned ? "#" : "") +
        (stale.has(name) ? "x" : ""),
      ...head(index),
    })),
    columns: nodes.map((_, index) => ({ label: String(index + 1), ...head(index) })),
    cell: (row, column) => {
      const [source, destination] = [nodes[row]?.name ?? "", nodes[column]?.name ?? ""];
      if (row === column) return { text: "", loss: 0 };
      const hasNoData = withoutData.has(source) || isUnmeasured(source, destination);
      return cellText(cell(source, destination), hasNoData, show);
    },
  };
}

function zoneGrid(matrix: Matrix, { show }: TextSettings): Grid {
  const { zones, cell, hasNoData } = foldByZone(matrix);
  const ofZone = Map.groupBy(matrix.nodes, (node) => node.zone ?? "");
  const size = (zone: string) => ofZone.get(zone)?.length ?? 0;
  return {
    rows: zones.map((zone, index) => ({
      label: `${index + 1} ${zone || "no zone"} (${size(zone)} nodes)`,
    })),
    columns: zones.map((_, index) => ({ label: String(index + 1) })),
    cell: (row, column) => {
      const source = zones[row] ?? "";
      return cellText(cell(source, zones[column] ?? ""), hasNoData(source), show);
    },
  };
}

function cellText(
  cell: Pick<Cell, "loss" | "rttSeconds" | "pathMtu"> | undefined,
  hasNoData: boolean,
  show: Shown,
): { readonly text: string; readonly loss: number } {
  if (cell === undefined) return { text: hasNoData ? "?" : "-", loss: 0 };
  if (show === "loss") return { text: shortLoss(cell.loss), loss: cell.loss };
  if (show === "mtu") {
    const { bytes, blackHole = false } = cell.pathMtu ?? {};
    const text = bytes === undefined ? "?" : `${blackHole ? "!" : ""}${bytes}`;
    return { text, loss: Number(blackHole) };
  }
  const text = cell.rttSeconds === undefined ? shortLoss(cell.loss) : shortRtt(cell.rttSeconds);
  return { text, loss: cell.loss };
}

function drawGrid(grid: Grid, { width, colour }: TextSettings): string {
  const longest = Math.max(
    ...grid.rows.map(({ label, mark = "", head = "" }) =>
      Math.max([...label].length + mark.length, [...head].length)
    ),
  );
  const wantedLabel = Math.max(minLabel, Math.min(longest, Math.floor(width / 2)));
  const columnsPerBand = Math.max(1, Math.floor((width - wantedLabel) / cellWidth));
  const label = Math.max(1, Math.min(wantedLabel, width - cellWidth));
  const bands: string[] = [];
  for (let from = 0; from < grid.columns.length; from += columnsPerBand) {
    bands.push(
      drawBand(grid, from, Math.min(grid.columns.length, from + columnsPerBand), label, colour),
    );
  }
  return bands.join("\n");
}

function drawBand(grid: Grid, from: number, to: number, label: number, colour: boolean): string {
  const columns = grid.columns.slice(from, to);
  const lines: string[] = [];
  if (grid.columns.some((column) => column.head !== undefined)) {
    lines.push(`${" ".repeat(label)}${zoneHeads(grid, from, to)}`);
  }
  lines.push(
    `${" ".repeat(label)}${columns.map((column) => column.label.padStart(cellWidth)).join("")}`,
  );
  grid.rows.forEach((row, index) => {
    if (row.head !== undefined) lines.push(cutMiddle(row.head, label));
    const cells = columns.map((_, offset) => {
      const { text, loss } = grid.cell(index, from + offset);
      const padded = text.padStart(cellWidth - 1);
      const gap = text.length < cellWidth ? " " : "";
      return `${gap}${colour && text !== "" ? sgr(lossSgr[lossStep(loss)], padded) : padded}`;
    });
    const { mark = "" } = row;
    const name = `${cutMiddle(row.label, label - mark.length)}${mark}`.padEnd(label);
    lines.push(`${name}${cells.join("")}`.trimEnd());
  });
  return `${lines.join("\n")}\n`;
}

/** The names of the zones, each over the first of its columns within the band. */
function zoneHeads({ columns }: Grid, from: number, to: number): string {
  const starts = columns.flatMap((column, index) => column.head === undefined ? [] : [index]);
  return starts.map((start, nth) => {
    const first = Math.max(from, start);
    const end = Math.min(to, starts[nth + 1] ?? columns.length);
    if (first >= end) return "";
    const room = (end - first) * cellWidth;
    return ` ${cutStart(columns[start]?.head ?? "", room - 1)}`.padEnd(room);
  }).join("").trimEnd();
}

/** How to draw. */
export interface TextSettings {
  /** Characters of a line. */
  readonly width: number;
  /** Whether escape sequences colour the cells. */
  readonly colour: boolean;
  /** What the cells show. */
  readonly show: Shown;
}

/** What the cells of a matrix can show: loss, mean round-trip times or path MTUs. */
export type Shown = "loss" | "rtt" | "mtu";

/** A list is no longer than this. */
const maxRows = 15;

/** The pairs that lost most; empty where none was measured. */
export function worstText(matrix: Matrix, { width, colour }: TextSettings): string {
  if (matrix.cells.length === 0) return "";
  const worst = worstCells(matrix, maxRows);
  if (worst.length === 0) return "\nNo pair lost a probe.\n";
  const name = Math.max(3, Math.floor((width - 14) / 2));
  const rows = worst.map((cell) =>
    `${lossText(cell.loss, colour)} ${cutMiddle(cell.source, name)} ` +
    `${cutMiddle(cell.destination, name)}\n`
  );
  return `\nWorst pairs (loss, source, destination)\n${rows.join("")}`;
}

/** The external targets, each with the source that lost most where not all lost alike. */
export function externalsText(
  externals: readonly ExternalTarget[],
  { width, colour }: TextSettings,
): string {
  if (externals.length === 0) return "";
  const room = Math.max(3, width - 19);
  const rows = externals.slice(0, maxRows).map((target) => {
    const { loss, rttSeconds, lossy, pairs, cells: [worst] } = target;
    const rtt = (rttSeconds === undefined ? "-" : shortRtt(rttSeconds)).padStart(5);
    const uneven = worst.loss > loss
      ? `; ${percent(worst.loss)} from ${worst.source}, ${lossy} of ${pairs} lose any`
      : "";
    const text = `${target.destination} ${target.address}${uneven}`;
    return `${lossText(loss, colour)} ${rtt} ${cutMiddle(text, room)}\n`;
  });
  const more = externals.length - rows.length;
  return `\nExternal targets (loss, ms, name, address)\n${rows.join("")}` +
    (more > 0 ? `${"".padStart(12)} and ${more} more\n` : "");
}

function lossText(loss: number, colour: boolean): string {
  const text = percent(loss).padStart(12);
  return colour ? sgr(lossSgr[lossStep(loss)], text) : text;
}

/** Text in a terminal's colour. */
export function sgr(parameters: string, text: string): string {
  return `\x1b[${parameters}m${text}\x1b[0m`;
}

/** Steps of the scale of losses: none, below 1 %, below 10 %, below 50 %, and more. */
export type LossStep = 0 | 1 | 2 | 3 | 4;

/** The step of a loss. */
export function lossStep(loss: number): LossStep {
  if (loss <= 0) return 0;
  if (loss < 0.01) return 1;
  if (loss < 0.1) return 2;
  return loss < 0.5 ? 3 : 4;
}

/**
 * SGR parameters of the steps in a terminal of 256 colours, from light to dark in one direction (after
 * ColorBrewer's YlOrBr), so that they can be told apart without seeing red and green, and in grey.
 */
export const lossSgr = ["2", "30;48;5;222", "30;48;5;208", "97;48;5;130", "1;97;48;5;52"] as const;

/** A loss in at most three characters: "·" none, ".3" and "12" per cent, "all". */
export function shortLoss(loss: number): string {
  const value = 100 * loss;
  if (value <= 0) return "·";
  if (value >= 99.95) return "all";
  if (value < 0.95) return `.${Math.max(1, Math.round(10 * value))}`;
  return value < 9.95 ? value.toFixed(1) : String(Math.min(99, Math.round(value)));
}

/** A round-trip time in milliseconds in at most four characters. */
export function shortRtt(seconds: number): string {
  const ms = 1000 * seconds;
  if (ms < 0.01) return ".01";
  if (ms < 0.995) return ms.toFixed(2).slice(1);
  return ms < 9.95 ? ms.toFixed(1) : String(Math.round(ms));
}

/** Text of at most so many characters that loses its beginning: zones of one region differ at their end. */
function cutStart(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `…${characters.slice(1 - width).join("")}`;
}

/** Text of at most so many characters; what is too long loses its middle, since ends differ. */
export function cutMiddle(text: string, width: number): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  if (width < 2) return characters.slice(0, Math.max(0, width)).join("");
  const head = Math.floor((width - 1) / 2);
  return `${characters.slice(0, head).join("")}…${
    characters.slice(characters.length - (width - 1 - head)).join("")
  }`;
}

/** A line as lines of at most so many characters, broken between words; they keep its indentation. */
function wrapped(text: string, width: number): readonly string[] {
  const indent = /^ */.exec(text)?.[0] ?? "";
  const lines: string[] = [];
  for (const word of text.trim().split(" ")) {
    const last = lines.at(-1);
    const longer = `${last} ${word}`;
    if (last !== undefined && [...longer].length <= width) lines[lines.length - 1] = longer;
    else lines.push(cutMiddle(`${last === undefined ? indent : `${indent}  `}${word}`, width));
  }
  return lines;
}

/** What is drawn, where, and how often. */
export interface RedrawOptions {
  /** Makes the text to show, which ends with a line feed. */
  readonly render: () => Promise<string>;
  /** Lines of the terminal to draw on, as it is now; undefined where there is none. */
  readonly rows: () => number | undefined;
  /** Takes the text, where there is no terminal. */
  readonly out: (text: string) => void;
  /** Takes it, with colours and cursor movements, where there is one. */
  readonly draw: (text: string) => void;
  /** Takes what failed, where there is no terminal. */
  readonly err: (text: string) => void;
  /** Time from a drawing to the next reading. */
  readonly pauseMs: number;
  /** What the pause is measured by. */
  readonly clock: Clock;
}

const clear = "\x1b[2J";
const home = "\x1b[H";
const clearLine = "\x1b[K";
const clearBelow = "\x1b[J";

/** Runs until the signal is aborted; a drawing that fails leaves the last one and says why. */
export async function redraw(options: RedrawOptions, signal: AbortSignal): Promise<void> {
  const { out, err, draw } = options;
  let last = "";
  if (options.rows() !== undefined) draw(clear);
  while (!signal.aborted) {
    let failure = "";
    try {
      last = await options.render();
    } catch (error) {
      if (signal.aborted) return;
      failure = `${printableMessage(error)}\n`;
    }
    const rows = options.rows();
    if (rows !== undefined) draw(inPlace(last, failure, rows));
    else if (failure === "") out(last);
    else err(failure);
    await options.clock.sleep(options.pauseMs, signal).catch(() => undefined);
  }
}

/** What failed has its place below the drawing, however often it fails. */
function inPlace(text: string, failure: string, rows: number): string {
  const room = rows - failure.split("\n").length + 1;
  const lines = firstLines(text, room) + failure;
  return home + lines.replaceAll("\n", `${clearLine}\n`) + clearBelow;
}
