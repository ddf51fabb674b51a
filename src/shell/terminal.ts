/** The terminal on standard output, if there is one. @module */

/** What a drawing needs to know of where it goes. */
export interface Terminal {
  /** Whether a person looks at standard output. */
  readonly isTerminal: boolean;
  /** Characters of a line; 100 where nobody says. */
  readonly columns: number;
  /** Lines; without end where nobody says. */
  readonly rows: number;
}

/** One line on standard error that is replaced again and again. */
export interface StatusLine extends Disposable {
  /** Replaces the line before; nothing is shown where standard error is no terminal. */
  readonly show: (message: string) => void;
}

/**
 * A line of text that comes from elsewhere (an answer of an agent, of a proxy), made fit for a
 * terminal: control characters, which could move its cursor or start a line, become "?".
 */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, "?");
}

/** The message of an error, each of its lines {@linkcode printable}. */
export function printableMessage(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n").map(printable).join("\n");
}

/**
 * The lines that a terminal has room for, the last of them saying how many are missing: what has
 * scrolled away cannot be drawn over.
 */
export function firstLines(text: string, rows: number): string {
  const lines = text.split("\n");
  if (lines.length <= rows) return text;
  const shown = Math.max(0, rows - 2);
  const more = `... ${lines.length - 1 - shown} more lines: a taller terminal shows them`;
  return [...lines.slice(0, shown), more, ""].join("\n");
}

/** Makes a status line; dispose of it to leave an empty line. */
export function statusLine(err: (text: string) => void): StatusLine {
  const isTerminal = Deno.stderr.isTerminal();
  const show = (message: string): void => {
    if (isTerminal) err(`\r\x1b[K${message}`);
  };
  return { show, [Symbol.dispose]: () => show("") };
}

/** The terminal as it is now: people resize windows. */
export function standardTerminal(env: (name: string) => string | undefined): Terminal {
  const isTerminal = Deno.stdout.isTerminal();
  const size = isTerminal ? sizeOf() : undefined;
  const set = Number(env("COLUMNS"));
  const isSet = Number.isInteger(set) && set > 0;
  return {
    isTerminal,
    columns: isSet ? set : size?.columns || 100,
    rows: size?.rows || Infinity,
  };
}

/** A terminal that nobody has given a size says 0. */
function sizeOf(): { readonly columns: number; readonly rows: number } | undefined {
  try {
    return Deno.consoleSize();
  } catch {
    return undefined;
  }
}
