/** A limit to the time that work may take. @module */

/** The work took too long. */
export class TimeLimitError extends Error {
  /** The class's name, which a bundle shortens. */
  override readonly name = "TimeLimitError";
  /** The time that it had, in milliseconds. */
  readonly limitMs: number;

  /** Says the time in seconds: "No answer within 5 s". */
  constructor(limitMs: number) {
    super(`No answer within ${limitMs / 1000} s`);
    this.limitMs = limitMs;
  }
}

/**
 * Does the work with a signal that is aborted with the given one, or after the milliseconds by a
 * TimeLimitError. Work that heeds its signal rejects with it.
 */
export async function within<T>(
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(new TimeLimitError(ms)), ms);
  try {
    return await work(AbortSignal.any([signal, deadline.signal]));
  } finally {
    clearTimeout(timer);
  }
}
