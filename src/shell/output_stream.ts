/** Text for standard output and standard error. @module */

/** What of Deno.stdout and Deno.stderr is used here. */
export interface OutputStream {
  /** Takes some of the bytes, and says how many. */
  readonly writeSync: (bytes: Uint8Array) => number;
}

/**
 * Writes text as a whole: a signal can cut a write short. Where nobody reads any more, `onClosed` is
 * called instead; other failures, such as a full disk, are thrown. A pipe that does not block is no
 * place to write to: when it is full, Deno does not tell how much of the text it has taken.
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
