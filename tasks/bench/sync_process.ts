/** A `nodeping sync --watch` that is accounted for. @module */

import { memoryOf } from "./contender.ts";
import type { Memory } from "./contender.ts";
import { cpuSecondsOf, makeProcessGroup } from "./process_group.ts";
import { sleep } from "./readings.ts";

/** A running sync; it is ended when it is disposed of. */
export interface SyncProcess extends AsyncDisposable {
  /** Processor time of sync itself, in seconds. */
  readonly cpuSeconds: () => number;
  /** The same with the helms that it ran. */
  readonly allCpuSeconds: () => number;
  readonly memory: () => Memory;
  /** Largest resident memory so far, in bytes. */
  readonly peakBytes: () => number;
  /** Waits until it has written so many times; rejects with its log when it takes too long. */
  readonly untilWritten: (times: number, withinSeconds: number) => Promise<void>;
  /** How many times it has written. */
  readonly written: () => number;
}

let count = 0;

/** Starts the command line of a sync that watches. */
export function startSync(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): SyncProcess {
  const group = makeProcessGroup(`nodeping-bench-sync-${Deno.pid}-${count++}`);
  const [program = "", ...line] = group.inside(...command);
  const child = new Deno.Command(program, {
    args: line,
    env,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let log = "";
  const reading = child.stderr.pipeThrough(new TextDecoderStream())
    .pipeTo(new WritableStream({ write: (text) => void (log += text) }));
  const written = () => log.split("Wrote the nodes").length - 1;
  return {
    cpuSeconds: () => cpuSecondsOf(child.pid),
    allCpuSeconds: group.cpuSeconds,
    memory: () => memoryOf(child.pid),
    peakBytes: () =>
      1024 * Number(
        /^VmHWM:\s+(\d+) kB$/m.exec(Deno.readTextFileSync(`/proc/${child.pid}/status`))?.[1],
      ),
    written,
    untilWritten: async (times, withinSeconds) => {
      const endMs = performance.now() + 1000 * withinSeconds;
      while (written() < times) {
        if (performance.now() > endMs) throw new Error(`sync did not write in time: ${log}`);
        await sleep(50);
      }
    },
    [Symbol.asyncDispose]: async () => {
      await group[Symbol.asyncDispose]();
      await child.status;
      await reading;
    },
  };
}
