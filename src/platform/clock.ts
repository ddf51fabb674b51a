/** Time: clocks, waits, time limits and growing waits, given to whatever needs them, so that tests can hold time. @module */

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
const maxTimerMs = 2 ** 31 - 1;

/**
 * Calls back once, when the signal is aborted; returns how to call that off. One listener a signal,
 * however many wait for it and however often: adding and removing one costs more than a timer.
 */
export function whenAborted(signal: AbortSignal, callback: () => void): () => void {
  const waiting = waitingFor.get(signal) ?? new Set();
  if (!waitingFor.has(signal)) {
    waitingFor.set(signal, waiting);
    signal.addEventListener("abort", () => waiting.forEach((each) => each()), { once: true });
  }
  waiting.add(callback);
  return () => waiting.delete(callback);
}

const waitingFor = new WeakMap<AbortSignal, Set<() => void>>();

/** The agent sleeps ten times a second: with node:timers/promises this took a tenth of its CPU. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const callOff = whenAborted(signal, () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
    const timer = setTimeout(() => {
      callOff();
      resolve(ms > maxTimerMs ? sleep(ms - maxTimerMs, signal) : undefined);
    }, Math.min(ms, maxTimerMs));
  });
}

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
 * Does the work with a signal that is aborted with the given one, or after the milliseconds of the
 * clock by a TimeLimitError. Work that heeds its signal rejects with it.
 */
export async function within<T>(
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
  clock: Pick<Clock, "sleep"> = systemClock,
): Promise<T> {
  const deadline = new AbortController();
  const done = new AbortController();
  clock.sleep(ms, done.signal).then(
    () => deadline.abort(new TimeLimitError(ms)),
    () => undefined,
  );
  try {
    return await work(AbortSignal.any([signal, deadline.signal]));
  } finally {
    done.abort();
  }
}

/** What the promise resolves to, or undefined after the milliseconds; it goes on then. */
export async function valueWithin<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Bounds of a {@linkcode Backoff}, in milliseconds. */
export interface BackoffOptions {
  /** Wait after the first failure. */
  readonly firstMs: number;
  /** Wait after the second one; twice the first when it is left out. */
  readonly secondMs?: number;
  /** No wait is longer. */
  readonly maxMs: number;
}

/** A wait that doubles with each failure in a row, up to a bound. */
export class Backoff {
  readonly #options: BackoffOptions;
  #failures = 0;

  /** Starts as if all had been well. */
  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** Milliseconds to wait after one more failure. */
  next(): number {
    const { firstMs, secondMs = firstMs * 2, maxMs } = this.#options;
    const failures = this.#failures++;
    return Math.min(failures === 0 ? firstMs : secondMs * 2 ** (failures - 1), maxMs);
  }

  /** After a success the next wait is the first one again. */
  reset(): void {
    this.#failures = 0;
  }
}
