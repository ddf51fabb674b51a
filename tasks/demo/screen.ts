/** The terminal: lines, and a matrix of loss that changes in place. @module */

import { lossOf, pairKey } from "./observer.ts";
import type { Reading } from "./observer.ts";

/** Where the demo writes. */
export interface Screen {
  readonly inColour: boolean;
  readonly say: (text: string) => void;
  /** Shows lines in place of those shown before; without a terminal only {@linkcode settle} does. */
  readonly show: (lines: readonly string[]) => void;
  /** Leaves what was shown last where it is; the next table comes below. */
  readonly settle: () => void;
}

/** Makes a screen of an output. */
export function makeScreen(
  write: (text: string) => void,
  isTerminal: boolean,
  isColourless: boolean,
): Screen {
  let shown: readonly string[] = [];
  const draw = (lines: readonly string[]) => write(lines.map((line) => `${line}\n`).join(""));
  return {
    inColour: isTerminal && !isColourless,
    say: (text) => write(`${text}\n`),
    show: (lines) => {
      if (isTerminal) {
        if (shown.length > 0) write(`\x1b[${shown.length}A\x1b[J`);
        draw(lines);
      }
      shown = lines;
    },
    settle: () => {
      if (!isTerminal) draw(shown);
      shown = [];
    },
  };
}

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
