/** The matrix as JSON and as CSV. @module */

import type { Cell } from "./cell.ts";
import type { Matrix } from "./matrix.ts";

/** JSON: the nodes, and one object a pair of nodes, and a pair of a node and an external target. */
export function matrixJson({ nodes, silent, cells, externals }: Matrix): string {
  const withNull = ({ rttSeconds, ...cell }: Cell) => ({ ...cell, rttSeconds: rttSeconds ?? null });
  const document = {
    nodes: nodes.map((node) => ({ ...node, silent: silent.has(node.name) })),
    pairs: cells.map(withNull),
    externals: externals.flatMap((target) => target.cells.map(withNull)),
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

const columns: readonly (readonly [string, (cell: Cell) => string | number])[] = [
  ["source", (cell) => cell.source],
  ["destination", (cell) => cell.destination],
  ["address", (cell) => cell.address],
  ["sent", (cell) => cell.sent],
  ["received", (cell) => cell.received],
  ["loss", (cell) => cell.loss],
  ["rtt_seconds", (cell) => cell.rttSeconds ?? ""],
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
