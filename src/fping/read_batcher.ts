/** Reads fping's lines in batches, since a wake-up of the event loop for each line costs more than the line. @module */

import { setImmediate } from "node:timers";
import { whenAborted } from "../platform/clock.ts";
import type { Clock } from "../platform/clock.ts";

/** A time in which input may collect. */
export interface Pause {
  /** How long it lasts. */
  readonly ms: number;
  /** Whether the thread is blocked meanwhile, which saves its wake-ups. */
  readonly blocking: boolean;
}

/** A wait that ends with a beat. */
interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/** Beats are not exact: a sleeper that is due so soon does not wait for the next one. */
const maxEarlyMs = 100;

/** A request that came during the pause is accepted, read and answered in so long. */
const requestMs = 3;

/** Of the event loop, before it counts as read that nothing has come. */
const maxTurns = 4;

/** Decides when collected input is read; the thread may be blocked in between. */
export class ReadBatcher {
  readonly #clock: Clock;
  #working = 0;
  readonly #resting: (() => void)[] = [];
  readonly #sleepers = new Set<Sleeper>();
  /** How many rest, as a rule, when a pause is over. */
  #expected = 1;

  /**
   * For waits that need not be exact, since a timer costs as much as reading 100 lines: its
   * sleepers wake with the beat that is next to their time, after all lines of that beat have
   * been worked on.
   */
  readonly beatClock: Clock;

  /** Sleeps by this clock. */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.beatClock = { ...clock, sleep: (ms, signal) => this.#sleepUntilBeat(ms, signal) };
  }

  /** Resolves at the next beat, or when the signal is aborted. */
  readonly rest = (signal: AbortSignal): Promise<void> => {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const callOff = whenAborted(signal, resolve);
      this.#resting.push(() => {
        callOff();
        resolve();
      });
    });
  };

  /** Passes the parts on, awake until the last: they need the event loop several times. */
  async *unblockedDuring<T>(parts: AsyncIterable<T>): AsyncGenerator<T> {
    this.#working++;
    try {
      yield* parts;
    } finally {
      this.#working--;
    }
  }

  /** Sleeps by the clock; the thread is not blocked meanwhile, so that it wakes at its time. */
  readonly sleepUnblocked = async (ms: number, signal: AbortSignal): Promise<void> => {
    this.#working++;
    try {
      await this.#clock.sleep(ms, signal);
    } finally {
      this.#working--;
    }
  };

  /**
   * Beats after each pause, until the signal is aborted.
   *
   * The runtime is woken by the kernel for every line that fping writes, whether or not anybody
   * waits for it: at 2,000 lines a second these wake-ups cost as much as all work on the lines
   * (measured). A blocked thread is woken once for all that came meanwhile; what else comes, a
   * request or a signal, waits for the end of the pause.
   */
  async run(nextPause: () => Pause, signal: AbortSignal): Promise<void> {
    const never = new Int32Array(new SharedArrayBuffer(4));
    while (!signal.aborted) {
      const { ms, blocking } = nextPause();
      if (blocking && this.#working === 0) await this.#sleep(requestMs, signal);
      if (signal.aborted) return;
      if (blocking && this.#working === 0) Atomics.wait(never, 0, 0, ms - requestMs);
      else await this.#sleep(ms, signal);
      await this.#turn(signal);
      // Who was not blocked has read the first lines alone, before the pause was over.
      if (!blocking && this.#resting.length > 0) await this.#turn(signal);
    }
  }

  /**
   * Lets what came meanwhile be read, on standard error too, and then releases who rests. A timer
   * may fire before the event loop has looked at the pipes, so it turns until all those rest again
   * that did last time; who finds nothing to read is not waited for long.
   */
  async #turn(signal: AbortSignal): Promise<void> {
    for (let turn = 0; turn < maxTurns; turn++) {
      await this.#sleep(1, signal);
      if (this.#resting.length >= this.#expected) break;
    }
    const released = this.#resting.splice(0);
    this.#expected = Math.max(1, released.length);
    for (const release of released) release();
    await turn();
    if (this.#wakeSleepers()) await turn();
  }

  #sleepUntilBeat(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const callOff = whenAborted(signal, () => {
        this.#sleepers.delete(sleeper);
        reject(signal.reason);
      });
      const wake = () => {
        callOff();
        resolve();
      };
      const sleeper = { dueMs: this.#clock.monotonicMs() + ms, wake };
      this.#sleepers.add(sleeper);
    });
  }

  /** Whether there were any. */
  #wakeSleepers(): boolean {
    const dueMs = this.#clock.monotonicMs() + maxEarlyMs;
    const due = [...this.#sleepers].filter((sleeper) => sleeper.dueMs <= dueMs);
    for (const sleeper of due) {
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
    return due.length > 0;
  }

  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(ms, signal).catch(() => undefined);
  }
}

/** Of the event loop, which does all that is ready, promises included. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Totals are fresh, and a request or a signal does not wait for longer. */
const maxPauseMs = { bursts: 500, twoBursts: 1000, spread: 250 } as const;

/**
 * What a pipe holds: 720 of fping's lines with IPv4 addresses, and 570 with the longest of IPv6.
 */
const pipeBytes = 65_536;

/** Of lines that come all the time some more come while those before them are being read. */
const spreadPart = 0.8;

/** After the last outcome of a burst that was read, relative to that of the next one. */
const burstMarginMs = 5;

/** What the processes write. */
export interface OutputRate {
  /** Targets of the process that has most: as many lines a period. */
  readonly lines: number;
  /** Bytes of the longest line. */
  readonly lineBytes: number;
  /** How many processes there are. */
  readonly processes: number;
  /** Whether a process's lines come all at once. */
  readonly bursts: boolean;
  /** Time between two probes of a target. */
  readonly periodMs: number;
}

/**
 * How long to collect lines, in milliseconds: no pipe fills, and where there is one burst a period,
 * the outcomes of the next one or of the next two are there at the end. `sinceOutcomeMs` is the age
 * of the latest outcome that was read.
 */
export function pauseMs(rate: OutputRate, sinceOutcomeMs: number): number {
  const { lines, lineBytes, processes, bursts, periodMs } = rate;
  const pipePeriods = pipeBytes / (Math.max(1, lines) * lineBytes);
  if (!bursts) return Math.min(maxPauseMs.spread, spreadPart * pipePeriods * periodMs);
  const isTwo = 2 * periodMs > maxPauseMs.bursts && 2 * periodMs <= maxPauseMs.twoBursts;
  const freshMs = isTwo ? 2 * periodMs : maxPauseMs.bursts;
  // The agent may be late by a burst.
  const longestMs = Math.min(freshMs, Math.max(1, Math.floor(pipePeriods) - 1) * periodMs);
  if (processes > 1 || sinceOutcomeMs < 0 || sinceOutcomeMs > 3 * periodMs) return longestMs;
  const untilNextMs = periodMs - sinceOutcomeMs % periodMs + burstMarginMs;
  const further = Math.max(0, Math.floor((longestMs - untilNextMs) / periodMs));
  return Math.min(longestMs, untilNextMs + further * periodMs);
}
