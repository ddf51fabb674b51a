/** What the page says of cells, times and lengths of time. @module */

import { percent } from "../../diagnosis/report.ts";
import type { PageData } from "../../matrix/html.ts";
import type { Cell, Layout, Place } from "./layout.ts";

/** One line about the cell, for the pointer. */
export function cellLine(data: PageData, layout: Layout, place: Place): string {
  const [from, to] = [layout.rows.items[place.row], layout.columns.items[place.column]];
  if (from === undefined || to === undefined) return "";
  const head = `${from.name} → ${to.name}`;
  const isNode = !from.isFolded && !to.isFolded;
  if (isNode && from.nodes[0] === to.nodes[0]) return `${from.name} itself`;
  const cell = layout.cell(place.row, place.column);
  if (cell === undefined) {
    const isStale = from.nodes.every((node) => data.nodes[node]?.stale);
    if (isStale) return `${head}: the source is not in the cluster any more`;
    const isMissing = from.nodes.every((node) => data.nodes[node]?.noData !== undefined);
    if (isMissing) return `${head}: no data from the source`;
    return `${head}: ${
      layout.isUnmeasured(place.row, place.column)
        ? "no probe has an outcome: see Problems"
        : "not probed"
    }`;
  }
  return isNode ? `${head}: ${pairText(data, cell)}` : `${head}: ${groupText(cell)}`;
}

/** The same for those who do not see the matrix. */
export function cellLabel(data: PageData, layout: Layout, place: Place): string {
  return cellLine(data, layout, place).replace(" → ", " to ");
}

function pairText({ pairs, addresses }: PageData, cell: Cell): string {
  const parts = [`${percent(cell.worstLoss)} lost, ${cell.lost} of ${cell.sent} probes`];
  if (cell.rttMicros >= 0) parts.push(rttText(cell.rttMicros));
  if (cell.mtuBytes !== 0) parts.push(mtuText(cell.mtuBytes));
  if (cell.pairs > 1) {
    const address = addresses[pairs.address[cell.worst] ?? -1];
    parts.push(`at ${address}, the worst of ${cell.pairs} addresses`);
  }
  return parts.join(", ");
}

function groupText(cell: Cell): string {
  const some = cell.lossy === 0
    ? `none of ${cell.pairs} pairs loses`
    : `${cell.lossy} of ${cell.pairs} pairs lose, the worst ${percent(cell.worstLoss)}`;
  return `${some}; ${percent(cell.lost / Math.max(1, cell.sent))} in all`;
}

/** A round-trip time with its unit. */
export function rttText(micros: number): string {
  return `${(micros / 1000).toFixed(micros < 9950 ? 2 : 0)} ms`;
}

/** A path MTU, and whether larger packets vanish. */
export function mtuText(bytes: number): string {
  return bytes < 0 ? `packets above ${-bytes} bytes vanish` : `path MTU ${bytes}`;
}

/** A time of day, with the date where it is not today's. */
export function clockText(ms: number, nowMs: number): string {
  const [date, now] = [new Date(ms), new Date(nowMs)];
  const time = date.toLocaleTimeString("en-GB");
  return date.toDateString() === now.toDateString()
    ? time
    : `${date.toLocaleDateString("sv-SE")} ${time}`;
}

/** A length of time: "38 s", "4 min", "2 h 5 min". */
export function lengthText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
