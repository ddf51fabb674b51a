/** Time, given to whatever needs it, so that tests can hold it. @module */

/** Where the time comes from. */
export interface Clock {
  /** Wall time in milliseconds since 1970; it can step. */
  readonly wallMs: () => number;
  /** Milliseconds since some start; it never steps, and goes on while the process is stopped. */
  readonly monotonicMs: () => number;
  /** Resolves after the time, rejects with the signal's reason when it is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** The machine's clocks. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep,
};

/** A timer of more than 2^31 - 1 ms fires at once. */
const longestTimerMs = 2 ** 31 - 1;

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  let left = ms;
  for (; left > longestTimerMs; left -= longestTimerMs) await sleepOnce(longestTimerMs, signal);
  await sleepOnce(left, signal);
}

function sleepOnce(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
