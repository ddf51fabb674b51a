/** The terminal: lines, and some that change in place. @module */

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
