/** The matrix of loss as text. @module */

import { lossOf, pairKey } from "./readings.ts";
import type { Reading } from "./readings.ts";

/** Rows are sources, columns destinations; lossy cells are red where colour is wanted. */
export function lossTable(
  nodes: readonly string[],
  counts: Reading,
  inColour: boolean,
): readonly string[] {
  const width = Math.max(...nodes.map((name) => name.length), 6);
  const cell = (source: string, destination: string): string => {
    if (source === destination) return "-".padStart(width);
    const pair = counts.get(pairKey(source, destination));
    const loss = pair && lossOf(pair);
    if (loss === undefined) return "?".padStart(width);
    const text = `${Math.round(loss * 100)} %`.padStart(width);
    return inColour && loss > 0 ? `\x1b[1;31m${text}\x1b[0m` : text;
  };
  const head = ["".padEnd(width), ...nodes.map((name) => name.padStart(width))];
  const rows = nodes.map((source) => [
    source.padEnd(width),
    ...nodes.map((destination) => cell(source, destination)),
  ]);
  return [head, ...rows].map((row) => `  ${row.join("  ")}`);
}
