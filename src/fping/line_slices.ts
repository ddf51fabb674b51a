/** Reads lines in slices, since a wake-up for each line costs more than the line. @module */

/** A slice is no longer than this, so that totals are fresh. */
const longestSliceMs = 250;

/** A pipe holds 800 of fping's lines with IPv4 addresses, and 560 with the longest of IPv6. */
const sliceLines = 450;

/** What a pipe holds. */
const bufferBytes = 65_536;

/** fping's lines have about 80 characters; more without a line feed is not fping. */
const longestLine = 4096;

const lineFeed = 0x0a;

/** How long to collect lines that come at this rate, so that the pipe does not fill. */
export function sliceMs(linesPerSecond: number): number {
  return Math.min(longestSliceMs, sliceLines * 1000 / linesPerSecond);
}

/**
 * Yields the whole lines of a byte stream, many at a time; what has no line feed comes at the end,
 * or when it is longer than any line. What is yielded is overwritten when the next is asked for.
 *
 * Each slice rests before it is yielded, and more collects in the pipe meanwhile: what fping says of
 * these lines on its standard error is known by then. There is one buffer for all slices: a new one
 * for each grew the agent by 8 MB (deno 2.4.2).
 */
export async function* lineSlices(
  stream: ReadableStream<Uint8Array>,
  rest: () => Promise<void>,
): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader({ mode: "byob" });
  let buffer = new Uint8Array(bufferBytes);
  let begun = 0;
  try {
    while (true) {
      const { value, done } = await reader.read(buffer.subarray(begun));
      if (value === undefined) return;
      buffer = new Uint8Array(value.buffer);
      if (done) break;
      await rest();
      const end = begun + value.length;
      const lastFeed = buffer.lastIndexOf(lineFeed, end - 1);
      const whole = end - lastFeed > longestLine ? end : lastFeed + 1;
      if (whole > 0) yield buffer.subarray(0, whole);
      buffer.copyWithin(0, whole, end);
      begun = end - whole;
    }
    if (begun > 0) yield buffer.subarray(0, begun);
  } finally {
    await reader.cancel();
  }
}
