/**
 * Part "scale": an agent that probes up to 10,000 destinations. One contender at a time, since one
 * alone fills a processor; the parts beside each other are in "cost".
 *
 * @module
 */

import { planProcesses } from "../../src/fping/arguments.ts";
import { addresses, ownTargets, probing, startContender } from "./contender.ts";
import type { Memory, Reading } from "./contender.ts";
import type { BenchDeps } from "./deps.ts";
import { loadText, reached, table, whole } from "./report.ts";
import { bareFping, imageAgent } from "./programs.ts";
import { sleep } from "../../tests/network/agent_process.ts";
import {
  cpuMsPerThousand,
  median,
  nextWrite,
  readFor,
  readIntervals,
  readTotals,
  readWrite,
  together,
} from "./readings.ts";

const defaultSizes = [1000, 2500, 10_000] as const;

/** Growth per destination, or per probe, that still counts as linear; noise of the machine is in it. */
const linearWithin = 1.25;

/** What was measured at one size. */
interface Scale {
  readonly size: number;
  readonly processes: number;
  readonly bare: Reading;
  readonly agent: Reading;
  /** What the agent counted between two writes, and the kernel meanwhile. */
  readonly counted: Counted;
  readonly memory: Memory;
  readonly writeMs: number;
  readonly bytes: number;
}

interface Counted {
  readonly sent: number;
  readonly lost: number;
  readonly lossy: number;
  /** Requests of the kernel without those to the own targets. */
  readonly requests: number;
}

/** Prints rate, accounting, cost, memory and textfile by size, and whether anything grows too fast. */
export async function measureScale(deps: BenchDeps): Promise<void> {
  const { out, sizes = defaultSizes, warmUpSeconds } = deps;
  out(`Each size: bare fping, then image/nodeping after ${warmUpSeconds} s\n`);
  const scales: Scale[] = [];
  for (const size of sizes) scales.push(await measureSize(size, deps));
  out(`\nProbing, all destinations answer; load ${loadText()}\n`);
  out(table(probingHead, scales.map(probingRow)));
  out(`\nMemory and textfile of image/nodeping\n${table(sizeHead, scales.map(sizeRow))}`);
  out(growth(scales));
}

async function measureSize(size: number, deps: BenchDeps): Promise<Scale> {
  const { warmUpSeconds, intervals, fping } = deps;
  const seconds = 10 * intervals;
  const bare = await (async () => {
    await using contender = await startContender(await bareFping(size, fping, deps.directory));
    await sleep(5000);
    return await readFor(contender, seconds);
  })();
  const directory = await Deno.makeTempDir({ dir: deps.directory });
  const agent = await imageAgent({ name: "image/nodeping", destinations: size, directory });
  await using contender = await startContender(agent);
  await sleep(warmUpSeconds * 1000);
  await nextWrite(agent.textfile);
  const before = await readTotals(agent.textfile);
  const times: number[] = [];
  const readings = await readIntervals(contender, async () => {
    await nextWrite(agent.textfile);
    times.push((await readWrite(agent.textfile)).ms);
  }, intervals);
  const after = await readTotals(agent.textfile);
  const all = readings.reduce(together);
  const processes =
    planProcesses(addresses(size), ownTargets, { ...probing, pacing: "bursts" }).length;
  const toOwn = all.atSeconds * processes * ownTargets.length * 1000 / probing.periodMs;
  const sent = after.sent - before.sent;
  return {
    ...{ size, processes, bare, agent: all },
    counted: {
      sent,
      lost: sent - (after.received - before.received),
      lossy: after.lossy,
      requests: all.requests - toOwn,
    },
    memory: contender.memory(),
    writeMs: median(times),
    bytes: (await readWrite(agent.textfile)).bytes,
  };
}

const probingHead = [
  "destinations",
  "fpings",
  "bare: probes/s each",
  "agent's",
  "bare: CPU ms per 1,000",
  "agent's",
  "ratio",
  "counted of sent",
  "lost",
  "lossy",
];

function probingRow({ size, processes, bare, agent, counted }: Scale): readonly string[] {
  const targets = size + processes * ownTargets.length;
  const rate = ({ requests, atSeconds }: Reading) => (requests / atSeconds / targets).toFixed(3);
  return [
    whole(size),
    String(processes),
    rate(bare),
    rate(agent),
    cpuMsPerThousand(bare).toFixed(1),
    cpuMsPerThousand(agent).toFixed(1),
    (cpuMsPerThousand(agent) / cpuMsPerThousand(bare)).toFixed(2),
    `${(100 * counted.sent / counted.requests).toFixed(2)} %`,
    whole(counted.lost),
    whole(counted.lossy),
  ];
}

const sizeHead = [
  "destinations",
  "RSS MB",
  "anon MB",
  "textfile MB",
  "bytes each",
  "write ms",
  "us each",
];

function sizeRow({ size, memory, bytes, writeMs }: Scale): readonly string[] {
  return [
    whole(size),
    (memory.residentBytes / 1e6).toFixed(1),
    (memory.anonymousBytes / 1e6).toFixed(1),
    (bytes / 1e6).toFixed(2),
    whole(bytes / size),
    writeMs.toFixed(0),
    (1000 * writeMs / size).toFixed(1),
  ];
}

/** Each cost per destination or probe at the largest size, beside that at the smallest. */
function growth(scales: readonly Scale[]): string {
  const [smallest, ...others] = scales.toSorted((a, b) => a.size - b.size);
  const largest = others.at(-1);
  if (smallest === undefined || largest === undefined) return "";
  const costs: readonly (readonly [string, (scale: Scale) => number])[] = [
    ["textfile bytes a destination", ({ bytes, size }) => bytes / size],
    ["write time a destination", ({ writeMs, size }) => writeMs / size],
    ["anonymous memory a destination", ({ memory, size }) => memory.anonymousBytes / size],
    ["CPU a probe, bare fping", ({ bare }) => cpuMsPerThousand(bare)],
    ["CPU a probe, agent with its fping", ({ agent }) => cpuMsPerThousand(agent)],
    [
      "CPU a probe, agent without its fping",
      ({ agent }) => (agent.cpuSeconds - agent.childrenCpuSeconds) / agent.requests,
    ],
  ];
  const rows = costs.map(([name, of]) => {
    const times = of(largest) / of(smallest);
    return [name, times.toFixed(2), reached(times <= linearWithin)];
  });
  const title = `${whole(largest.size)} beside ${whole(smallest.size)}`;
  return `\nGrowth\n${table([title, "times", `linear (<= ${linearWithin})`], rows)}`;
}
