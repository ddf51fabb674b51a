/** The matrix as text for a terminal of any width. @module */

import { foldByZone, type Matrix, pairsText } from "./matrix.ts";
import { cutMiddle, lossSgr, lossStep, shortLoss, shortRtt } from "./scale.ts";
import { externalsText, sgr, worstText } from "./text_lists.ts";
import type { TextSettings } from "./text_lists.ts";

/** Above so many nodes the matrix folds by zone. */
export const foldAbove = 40;

const cellWidth = 5;
const leastLabel = 8;

interface Heading {
  readonly label: string;
  /** Stands over this row or column and those that follow. */
  readonly head?: string;
}

/** A table of equal cells with labels at the left; columns that do not fit come in further bands. */
interface Grid {
  readonly rows: readonly (Heading & { readonly mark?: string })[];
  readonly columns: readonly Heading[];
  /** Text of at most {@linkcode cellWidth} - 1 characters, and its loss for the colour. */
  readonly cell: (row: number, column: number) => { readonly text: string; readonly loss: number };
}

/** Draws the matrix; folded by zone and with the worst pairs where it is large. */
export function matrixText(matrix: Matrix, settings: TextSettings): string {
  if (matrix.nodes.length === 0) return "No node was measured.\n";
  const folds = matrix.nodes.length > foldAbove;
  const what = settings.show === "loss" ? "loss in %" : "mean round-trip time in ms";
  const marks = (matrix.notProbed > 0 ? ", - not probed" : "") +
    (matrix.silent.size > 0 ? ", ~ silent source" : "") +
    (matrix.nodes.some((node) => node.cordoned) ? ", # cordoned" : "");
  const head = `${matrix.nodes.length} nodes, ${pairsText(matrix)}: ${what}; ` +
    `rows probe columns; · no loss, ? not measured${marks}\n`;
  const body = draw(folds ? zoneGrid(matrix, settings) : nodeGrid(matrix, settings), settings);
  const worst = folds ? worstText(matrix, settings) : "";
  return `${head}\n${body}${worst}${externalsText(matrix.externals, settings)}`;
}

function nodeGrid({ nodes, cell, silent }: Matrix, { show }: TextSettings): Grid {
  const zoned = nodes.some((node) => node.zone !== undefined);
  const head = (index: number) => {
    const zone = nodes[index]?.zone;
    const isFirst = index === 0 || nodes[index - 1]?.zone !== zone;
    return isFirst && zoned ? { head: zone ?? "no zone" } : {};
  };
  return {
    rows: nodes.map(({ name, cordoned }, index) => ({
      label: `${index + 1} ${name}`,
      mark: (silent.has(name) ? "~" : "") + (cordoned ? "#" : ""),
      ...head(index),
    })),
    columns: nodes.map((_, index) => ({ label: String(index + 1), ...head(index) })),
    cell: (row, column) =>
      row === column ? { text: "", loss: 0 } : cellText(
        cell(nodes[row]?.name ?? "", nodes[column]?.name ?? ""),
        silent.has(nodes[row]?.name ?? ""),
        show,
      ),
  };
}

function zoneGrid(matrix: Matrix, { show }: TextSettings): Grid {
  const { zones, cell, isSilent } = foldByZone(matrix);
  const size = (zone: string) => matrix.nodes.filter((node) => (node.zone ?? "") === zone).length;
  return {
    rows: zones.map((zone, index) => ({
      label: `${index + 1} ${zone || "no zone"} (${size(zone)} nodes)`,
    })),
    columns: zones.map((_, index) => ({ label: String(index + 1) })),
    cell: (row, column) => {
      const source = zones[row] ?? "";
      return cellText(cell(source, zones[column] ?? ""), isSilent(source), show);
    },
  };
}

function cellText(
  cell: { readonly loss: number; readonly rttSeconds: number | undefined } | undefined,
  isSilent: boolean,
  show: "loss" | "rtt",
): { readonly text: string; readonly loss: number } {
  if (cell === undefined) return { text: isSilent ? "?" : "-", loss: 0 };
  if (show === "loss") return { text: shortLoss(cell.loss), loss: cell.loss };
  const text = cell.rttSeconds === undefined ? shortLoss(cell.loss) : shortRtt(cell.rttSeconds);
  return { text, loss: cell.loss };
}

function draw(grid: Grid, { width, colour }: TextSettings): string {
  const longest = Math.max(
    ...grid.rows.map(({ label, mark = "", head = "" }) =>
      Math.max([...label].length + mark.length, [...head].length)
    ),
  );
  const roomy = Math.max(leastLabel, Math.min(longest, Math.floor(width / 2)));
  const fitting = Math.max(1, Math.floor((width - roomy) / cellWidth));
  const label = Math.max(1, Math.min(roomy, width - cellWidth));
  const bands: string[] = [];
  for (let from = 0; from < grid.columns.length; from += fitting) {
    bands.push(drawBand(grid, from, Math.min(grid.columns.length, from + fitting), label, colour));
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
      return ` ${colour && text !== "" ? sgr(lossSgr[lossStep(loss)], padded) : padded}`;
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
    return ` ${cutMiddle(columns[start]?.head ?? "", room - 1)}`.padEnd(room);
  }).join("").trimEnd();
}
