/** Lists below the matrix: the worst pairs, the external targets. @module */

import { percent } from "../diagnosis/percent.ts";
import type { ExternalTarget } from "./externals.ts";
import { type Matrix, worstCells } from "./matrix.ts";
import { cutMiddle, lossSgr, lossStep, shortRtt } from "./scale.ts";

/** How to draw. */
export interface TextSettings {
  /** Characters of a line. */
  readonly width: number;
  /** Whether escape sequences colour the cells. */
  readonly colour: boolean;
  /** What the cells tell. */
  readonly show: "loss" | "rtt";
}

/** A list is no longer than this. */
const mostRows = 15;

/** The pairs that lost most; empty where none was measured. */
export function worstText(matrix: Matrix, { width, colour }: TextSettings): string {
  if (matrix.cells.length === 0) return "";
  const worst = worstCells(matrix, mostRows);
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
  const rows = externals.slice(0, mostRows).map((target) => {
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
