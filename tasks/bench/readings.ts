/** Sums and ratios of readings. @module */

import type { Contender, Reading } from "./contender.ts";

/** What was used and sent between two readings. */
export function between(before: Reading, after: Reading): Reading {
  return combine(after, before, (a, b) => a - b);
}

/** What was used in two intervals together. */
export function together(a: Reading, b: Reading): Reading {
  return combine(a, b, (one, other) => one + other);
}

/** Milliseconds of processor time for 1,000 requests. */
export function cpuMsPerThousand({ cpuSeconds, requests }: Reading): number {
  return 1e6 * cpuSeconds / requests;
}

/** Counts on for so many seconds. */
export async function readFor(contender: Contender, seconds: number): Promise<Reading> {
  const before = contender.read();
  await sleep(seconds * 1000);
  return between(before, contender.read());
}

/** What was used in each of so many intervals, whose ends are waited for. */
export async function readIntervals(
  contender: Contender,
  end: () => Promise<void>,
  count: number,
): Promise<readonly Reading[]> {
  const readings: Reading[] = [];
  for (let before = contender.read(); readings.length < count;) {
    await end();
    const after = contender.read();
    readings.push(between(before, after));
    before = after;
  }
  return readings;
}

/** The middle one. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? NaN;
}

/** Waits. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function combine(a: Reading, b: Reading, of: (a: number, b: number) => number): Reading {
  return {
    atSeconds: of(a.atSeconds, b.atSeconds),
    cpuSeconds: of(a.cpuSeconds, b.cpuSeconds),
    childrenCpuSeconds: of(a.childrenCpuSeconds, b.childrenCpuSeconds),
    requests: of(a.requests, b.requests),
    replies: of(a.replies, b.replies),
  };
}
