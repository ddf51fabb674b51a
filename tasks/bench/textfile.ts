/** What an agent says in its textfile. @module */

import { families } from "../../src/metrics/families.ts";
import { sleep } from "./readings.ts";

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
  const text = await Deno.readTextFile(textfile);
  const sent = valuesOf(text, families.probesSent.name);
  const received = valuesOf(text, families.probesReceived.name);
  return {
    sent: sum(sent),
    received: sum(received),
    lossy: sent.filter((value, index) => value > (received[index] ?? 0)).length,
    destinations: sent.length,
  };
}

/** Milliseconds that the latest rendering and writing took, and what was written. */
export async function readWrite(textfile: string): Promise<{ ms: number; bytes: number }> {
  const text = await Deno.readTextFile(textfile);
  const [seconds = NaN] = valuesOf(text, families.agentTextfileWriteSeconds.name);
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

function valuesOf(text: string, name: string): readonly number[] {
  return [...text.matchAll(new RegExp(`^${name}\\{.*\\} (\\S+)$`, "gm"))].map(([, value]) =>
    Number(value)
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
