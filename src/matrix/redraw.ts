/** Draws again and again: in place on a terminal, one below the other elsewhere. @module */

import type { Clock } from "../shell/clock.ts";
import { firstLines, printableMessage } from "../shell/terminal.ts";

/** What is drawn, where, and how often. */
export interface RedrawOptions {
  /** Makes the text to show, which ends with a line feed. */
  readonly draw: () => Promise<string>;
  /** Lines of the terminal to draw on, as it is now; undefined where there is none. */
  readonly rows: () => number | undefined;
  /** Takes the text. */
  readonly out: (text: string) => void;
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
  const { out, err } = options;
  let last = "";
  if (options.rows() !== undefined) out(clear);
  while (!signal.aborted) {
    let failure = "";
    try {
      last = await options.draw();
    } catch (error) {
      if (signal.aborted) return;
      failure = `${printableMessage(error)}\n`;
    }
    const rows = options.rows();
    if (rows !== undefined) out(inPlace(last, failure, rows));
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
