/** A clock that only moves when a test moves it. @module */

import type { Clock } from "../../src/platform/clock.ts";

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/** A clock moved by hand. Sleepers wake in the order of their time, each before the next. */
export class FakeClock implements Clock {
  /** Every time that was slept, in milliseconds, in the order of the calls. */
  readonly slept: number[] = [];
  readonly #sleepers = new Set<Sleeper>();
  #nowMs = 0;
  #wallOffsetMs: number;

  constructor(wallMs = 0) {
    this.#wallOffsetMs = wallMs;
  }

  readonly monotonicMs = (): number => this.#nowMs;

  readonly wallMs = (): number => this.#nowMs + this.#wallOffsetMs;

  readonly sleep = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      this.slept.push(ms);
      if (signal.aborted) return reject(signal.reason);
      const sleeper: Sleeper = { dueMs: this.#nowMs + ms, wake: resolve };
      this.#sleepers.add(sleeper);
      signal.addEventListener("abort", () => {
        if (this.#sleepers.delete(sleeper)) reject(signal.reason);
      }, { once: true });
    });

  /** Steps the wall clock alone. */
  stepWall(ms: number): void {
    this.#wallOffsetMs += ms;
  }

  /** Stands for a program that did not run for a while: all who are due wake late, together. */
  async freeze(ms: number): Promise<void> {
    await settled();
    this.#nowMs += ms;
    this.#wakeDue();
    await settled();
  }

  /** Moves the time on, and lets everything happen that is due on the way. */
  async advance(ms: number): Promise<void> {
    await settled();
    const endMs = this.#nowMs + ms;
    while (true) {
      const nextMs = Math.min(...[...this.#sleepers].map(({ dueMs }) => dueMs));
      if (nextMs > endMs) break;
      this.#nowMs = Math.max(this.#nowMs, nextMs);
      this.#wakeDue();
      await settled();
    }
    this.#nowMs = endMs;
  }

  #wakeDue(): void {
    for (const sleeper of this.#sleepers) {
      if (sleeper.dueMs > this.#nowMs) continue;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
  }
}

/** Resolves when all promises and streams that can go on have done so. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
}
