/** What is read of a contender and of its textfile, with sums and ratios of it. @module */

import { Samples } from "../../tests/exposition.ts";
import { sleep } from "../../tests/network/agent_process.ts";
import { families } from "../../src/metrics/families.ts";
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

function combine(a: Reading, b: Reading, of: (a: number, b: number) => number): Reading {
  return {
    atSeconds: of(a.atSeconds, b.atSeconds),
    cpuSeconds: of(a.cpuSeconds, b.cpuSeconds),
    ownCpuSeconds: of(a.ownCpuSeconds, b.ownCpuSeconds),
    childrenCpuSeconds: of(a.childrenCpuSeconds, b.childrenCpuSeconds),
    requests: of(a.requests, b.requests),
  };
}

/** Sums over all destinations of one textfile. */
export interface Totals {
  readonly sent: number;
  readonly received: number;
  /** Destinations of which a probe was lost. */
  readonly lossy: number;
  readonly destinations: number;
}

/** Reads the totals of a textfile. */
export async function readTotals(textfile: string): Promise<Totals> {
  const sent = await valuesOf(textfile, families.probesSent.name);
  const received = await valuesOf(textfile, families.probesReceived.name);
  return {
    sent: sum(sent),
    received: sum(received),
    lossy: sent.filter((value, index) => value > (received[index] ?? 0)).length,
    destinations: sent.length,
  };
}

/** Milliseconds that the latest rendering and writing took, and what was written. */
export async function readWrite(textfile: string): Promise<{ ms: number; bytes: number }> {
  const [seconds = NaN] = await valuesOf(textfile, families.agentTextfileWriteSeconds.name);
  return { ms: seconds * 1000, bytes: (await Deno.stat(textfile)).size };
}

/** Waits for the next write. */
export async function nextWrite(textfile: string): Promise<void> {
  const before = modified(textfile);
  for (let waitedMs = 0; modified(textfile) === before; waitedMs += 20) {
    if (waitedMs > 60_000) throw new Error(`"${textfile}" is not written any more`);
    await sleep(20);
  }
}

function modified(path: string): number | undefined {
  try {
    return Deno.statSync(path).mtime?.getTime();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function valuesOf(textfile: string, name: string): Promise<readonly number[]> {
  const samples = new Samples(await Deno.readTextFile(textfile));
  return samples.select(name).map(({ value }) => value);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
