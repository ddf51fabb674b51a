/** The memory of the agents over the soak. @module */

import { table } from "../bench/report.ts";
import { forEachProcess } from "./node_shell.ts";

/** Memory of one agent's process at one time. */
export interface MemorySample {
  readonly node: string;
  readonly atSeconds: number;
  readonly pid: number;
  /** All of its resident pages, and those that are its own (not the program's file). */
  readonly rssMb: number;
  readonly anonymousMb: number;
}

/** One agent, judged by the samples of the process that was watched longest. */
export interface ComparedMemory {
  readonly node: string;
  readonly samples: number;
  /** Medians of the first and the last third of the samples. */
  readonly first: Memory;
  readonly last: Memory;
  /** Undefined with too few samples for thirds. */
  readonly isFlat: boolean | undefined;
}

interface Memory {
  readonly rssMb: number;
  readonly anonymousMb: number;
}

/** From the first third to the last, memory may grow by so much. */
export const growthBoundMb = 4;

const fewestSamples = 6;

/** For the node's shell: process id, VmRSS and RssAnon (kB) of each "nodeping". */
export const memoryScript: string = forEachProcess(
  "nodeping",
  `rss=; anon=
  while read -r key value _; do
    case $key in VmRSS:) rss=$value ;; RssAnon:) anon=$value ;; esac
  done < "$p/status"
  echo "\${p#/proc/} $rss $anon"`,
);

/** Reads the answer of {@linkcode memoryScript}; of several processes the largest is the agent. */
export function readMemory(
  node: string,
  atSeconds: number,
  answer: string,
): MemorySample | undefined {
  return answer.split("\n").flatMap((line) => {
    const match = /^(\d+) (\d+) (\d+)$/.exec(line.trim());
    if (match === null) return [];
    const [pid = 0, rss = 0, anonymous = 0] = match.slice(1).map(Number);
    return [{ node, atSeconds, pid, rssMb: rss / 1024, anonymousMb: anonymous / 1024 }];
  }).sort((one, other) => other.rssMb - one.rssMb)[0];
}

/** Judges each node's agent. */
export function compareMemory(
  nodes: readonly string[],
  samples: readonly MemorySample[],
): readonly ComparedMemory[] {
  return nodes.map((node) => {
    const own = samplesOfLongest(samples.filter((sample) => sample.node === node));
    const third = Math.max(1, Math.floor(own.length / 3));
    const first = medianOf(own.slice(0, third));
    const last = medianOf(own.slice(-third));
    const isFlat = own.length < fewestSamples
      ? undefined
      : last.rssMb - first.rssMb <= growthBoundMb &&
        last.anonymousMb - first.anonymousMb <= growthBoundMb;
    return { node, samples: own.length, first, last, isFlat };
  });
}

/** The agents' memory as a table of text, in MB. */
export function memoryTable(agents: readonly ComparedMemory[]): string {
  const mb = (value: number) => value.toFixed(1);
  return table(
    ["agent", "samples", "RSS first third", "last third", "anonymous first", "last", "flat"],
    agents.map(({ node, samples, first, last, isFlat }) => [
      ...[node, String(samples), mb(first.rssMb), mb(last.rssMb)],
      ...[mb(first.anonymousMb), mb(last.anonymousMb)],
      isFlat === undefined ? "too few samples" : isFlat ? "yes" : "NO",
    ]),
  );
}

function samplesOfLongest(samples: readonly MemorySample[]): readonly MemorySample[] {
  const byPid = Map.groupBy(samples, ({ pid }) => pid);
  return [...byPid.values()].sort((one, other) => other.length - one.length)[0] ?? [];
}

function medianOf(samples: readonly MemorySample[]): Memory {
  const median = (values: readonly number[]) =>
    values.toSorted((one, other) => one - other)[Math.floor((values.length - 1) / 2)] ?? NaN;
  return {
    rssMb: median(samples.map(({ rssMb }) => rssMb)),
    anonymousMb: median(samples.map(({ anonymousMb }) => anonymousMb)),
  };
}
