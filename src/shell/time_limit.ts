/** A limit to the time that work may take. @module */

/**
 * Does the work with a signal that is aborted with the given one, or after the milliseconds, for a
 * reason that people can read: "No answer within 5 s". Work that heeds its signal rejects with it.
 */
export async function within<T>(
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const reason = new Error(`No answer within ${ms / 1000} s`);
  const timer = setTimeout(() => deadline.abort(reason), ms);
  try {
    return await work(AbortSignal.any([signal, deadline.signal]));
  } finally {
    clearTimeout(timer);
  }
}
