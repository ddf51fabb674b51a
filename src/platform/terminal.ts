/** What reaches a terminal: its size, status lines, whole writes, and text from elsewhere made safe to show. @module */

/** What a drawing needs to know of where it goes. */
export interface Terminal {
  /** Whether a person looks at standard output. */
  readonly isTerminal: boolean;
  /** Characters of a line; 100 where nobody says. */
  readonly columns: number;
  /** Lines; without end where nobody says. */
  readonly rows: number;
  /** Draws on standard output, with colours and cursor movements. */
  readonly draw: (text: string) => void;
}

/** One line on standard error that is replaced again and again. */
export interface StatusLine extends Disposable {
  /** Replaces the line before; nothing is shown where standard error is no terminal. */
  readonly show: (message: string) => void;
}

/**
 * Controls, and what turns the order of the characters round or ends a line without a line feed.
 */
const unsafe = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/**
 * What every command's output goes through, whoever wrote it: what could move a terminal's cursor
 * or make it do things becomes "?". Line feeds stay; texts of others that are put into a line are
 * made {@linkcode printable} before, so that none of them begins one.
 */
export function safeText(text: string): string {
  return text.replace(unsafe, (control) => control === "\n" || control === "\t" ? control : "?");
}

/**
 * A text that others wrote (a Node's address, an agent's answer), made fit for a line: one
 * line, and {@linkcode safeText}.
 */
export function printable(text: string): string {
  return text.replace(unsafe, "?");
}

/** What was thrown, in words: an error's message without its class and stack. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * The message of an error, in which a server or program may be quoted: lines after the first are
 * marked as its own.
 */
export function printableMessage(error: unknown): string {
  return errorMessage(error).split("\n").map(printable).join("\n  | ");
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
    if (!isTerminal) return;
    eraseLine();
    err(printable(message));
  };
  return { show, [Symbol.dispose]: () => show("") };
}

/** Begins the last line of standard error anew, where that is a terminal. */
export function eraseLine(): void {
  if (Deno.stderr.isTerminal()) writeText(Deno.stderr, "\r\x1b[K", () => {});
}

/** Colours, and the movements of the cursor that drawings need. */
const drawing = new RegExp(`(${"\x1b"}\\[(?:[\\d;]*m|2J|[HJK]))`);

/**
 * {@linkcode safeText} in which colours and cursor movements stay: for what this
 * program draws itself.
 */
export function safeDrawing(text: string): string {
  return text.split(drawing).map((part, index) => index % 2 === 1 ? part : safeText(part)).join("");
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
    draw: (text) => writeText(Deno.stdout, safeDrawing(text), () => {}),
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

/** What of Deno.stdout and Deno.stderr is used here. */
export interface OutputStream {
  /** Takes some of the bytes, and says how many. */
  readonly writeSync: (bytes: Uint8Array) => number;
}

/**
 * Writes text as a whole: a signal can cut a write short. Where nobody reads any more, `onClosed`
 * is called instead; other failures, such as a full disk, are thrown. A pipe that does not block is
 * no place to write to: when it is full, Deno does not say how much of the text it has taken.
 */
export function writeText(stream: OutputStream, text: string, onClosed: () => void): void {
  try {
    for (let rest = new TextEncoder().encode(text); rest.length > 0;) {
      rest = rest.subarray(stream.writeSync(rest));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    onClosed();
  }
}

/**
 * The value as JSON of one line. Unlike `JSON.stringify`, it escapes whatever a terminal could take
 * for more than text. Throws where the value is nested too deeply. `indent` spreads it over lines.
 */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(
    unsafe,
    (control) =>
      control === "\n" ? control : `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
