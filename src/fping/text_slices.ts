/** Reads a stream in slices, since a wake-up for each line costs more than the line. @module */

import type { Clock } from "../shell/clock.ts";

/** A slice is no longer than this, so that totals are fresh. */
const longestSliceMs = 200;

/** Half of what a pipe holds, in lines of fping of 80 characters. */
const sliceLines = 400;

/** How long to collect lines that come at this rate, so that the pipe does not fill. */
export function sliceMs(linesPerSecond: number): number {
  return Math.min(longestSliceMs, sliceLines * 1000 / linesPerSecond);
}

/**
 * Yields the text of the stream. Each slice rests for `restMs` before it is yielded, and more
 * collects in the pipe meanwhile: what fping says of these lines on its standard error is known
 * by then. A stream that has ended, or an aborted signal, ends the rest.
 */
export async function* textSlices(
  stream: ReadableStream<Uint8Array>,
  restMs: number,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  try {
    while (true) {
      const { value, done } = await reader.read();
      if (done) return;
      if (!signal.aborted) await clock.sleep(restMs, signal).catch(() => undefined);
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    await reader.cancel();
  }
}
