/** Parts "cost" and "writing": what the agent costs on top of the fping that it runs. @module */

import { startContender } from "./contender.ts";
import type { Contender, Memory, Reading } from "./contender.ts";
import type { BenchDeps } from "./deps.ts";
import { bareFping, compiled, imageAgent, plainAgent } from "./programs.ts";
import type { AgentContender } from "./programs.ts";
import { sleep } from "../../tests/network/agent_process.ts";
import {
  cpuMsPerThousand,
  median,
  nextWrite,
  readIntervals,
  readWrite,
  together,
} from "./readings.ts";
import { reached, spread, table, whole } from "./report.ts";

/** What is to be reached: the ratio where requests go out in bursts, and where they are spread. */
const marks = { bursts: 0.4, spread: 1.2, residentMb: 96, anonymousMb: 44 } as const;

/** More destinations on raw sockets are not probed in bursts: see planProcesses(). */
const maxInBursts = 600;

/** More than these take a processor each, and are measured by the part "scale". */
const maxBesideOthers = 2500;

/** One program measured. */
interface Result {
  readonly name: string;
  readonly destinations: number;
  /** One for each interval of the textfile. */
  readonly intervals: readonly Reading[];
  /** Undefined for bare fping. */
  readonly memory: Memory | undefined;
}

/** Prints processor time and memory of agents as ratios to bare fping, all at the same time. */
export async function measureCost(deps: BenchDeps): Promise<void> {
  const { out, directory } = deps;
  const sizes = (deps.sizes ?? [100, 200, 1000]).filter((size) => size <= maxBesideOthers);
  if (sizes.length === 0) return;
  const { warmUpSeconds, intervals } = deps;
  await using running = new AsyncDisposableStack();
  const measured: Promise<Result>[] = [];
  out(`Warming up for ${warmUpSeconds} s, then measuring ${intervals} times 10 s\n`);
  for (const size of sizes) {
    const options = await bareFping(size, deps.fping, directory);
    const bare = running.use(await startContender(options));
    measured.push(measureBare(bare, size, deps));
    for (const agent of await agents(size, deps)) {
      const contender = running.use(await startContender(agent));
      measured.push(measureAgent(contender, agent, size, deps));
    }
  }
  const results = await Promise.all(measured);
  for (const size of sizes) {
    const [bare, ...others] = results.filter(({ destinations }) => destinations === size);
    if (bare !== undefined) out(costTable(size, bare, others));
  }
}

async function agents(destinations: number, deps: BenchDeps): Promise<AgentContender[]> {
  const options = async (name: string) => ({
    ...{ name, destinations, directory: await Deno.makeTempDir({ dir: deps.directory }) },
  });
  const { beside } = deps;
  return [
    await imageAgent(await options("image/nodeping")),
    await plainAgent([compiled.people], await options("nodeping")),
    ...(beside === undefined ? [] : [
      await imageAgent({ ...await options("beside"), image: `${beside}/image/nodeping` }),
    ]),
  ];
}

async function measureBare(
  contender: Contender,
  destinations: number,
  { warmUpSeconds, intervals }: BenchDeps,
): Promise<Result> {
  await sleep(warmUpSeconds * 1000);
  const readings = await readIntervals(contender, () => sleep(10_000), intervals);
  return { name: "bare fping", destinations, intervals: readings, memory: undefined };
}

/** Reads right after a write of the textfile, so that each interval has exactly one. */
async function measureAgent(
  contender: Contender,
  agent: AgentContender,
  destinations: number,
  deps: BenchDeps,
): Promise<Result> {
  await sleep(deps.warmUpSeconds * 1000);
  await nextWrite(agent.textfile);
  const write = () => nextWrite(agent.textfile);
  const intervals = await readIntervals(contender, write, deps.intervals);
  return { name: agent.name, destinations, intervals, memory: contender.memory() };
}

function costTable(size: number, bare: Result, agents: readonly Result[]): string {
  const head = ["", "CPU ms per 1,000", "of it fping", "ratio to bare", "probes/s"];
  const rows = [bare, ...agents].map((result) => {
    const ratios = result.intervals.map((one, index) =>
      cpuMsPerThousand(one) / cpuMsPerThousand(bare.intervals[index] ?? one)
    );
    const all = result.intervals.reduce(together);
    const ended = all.cpuSeconds - all.childrenCpuSeconds - all.ownCpuSeconds;
    const costs = [
      result.name,
      cpuMsPerThousand(all).toFixed(1),
      (1e6 * all.childrenCpuSeconds / all.requests).toFixed(1),
      spread(ratios, 2),
      whole(all.requests / all.atSeconds),
    ];
    const { memory } = result;
    if (memory === undefined) return costs.with(2, costs[1] ?? "").with(3, "1");
    return [
      ...costs,
      (1e6 * ended / all.requests).toFixed(1),
      (1e6 * all.ownCpuSeconds / all.requests).toFixed(1),
      (memory.residentBytes / 1e6).toFixed(1),
      (memory.anonymousBytes / 1e6).toFixed(1),
      verdictOf(size, memory, ratios),
    ];
  });
  const titles = [...head, "path MTU's fping", "its own", "RSS MB", "anon MB", "reached"];
  return `\n${whole(size)} destinations\n${table(titles, rows)}`;
}

function verdictOf(size: number, memory: Memory, ratios: readonly number[]): string {
  const ratio = size <= maxInBursts ? marks.bursts : marks.spread;
  return [
    `CPU <= ${ratio} ${reached(median(ratios) <= ratio)}`,
    `RSS ${reached(memory.residentBytes <= marks.residentMb * 1e6)}`,
    `anon ${reached(memory.anonymousBytes <= marks.anonymousMb * 1e6)}`,
  ].join(", ");
}

/** The period is long, so that a size is judged by its writesMeasured and not by its probes. */
const writingFlags = ["--period", "10s", "--write-interval", "2s"];

const writesMeasured = 5;

/** Prints how long the image's program takes for its textfile, and how large it is. */
export async function measureWriting(deps: BenchDeps): Promise<void> {
  const rows = await Promise.all(
    [...new Set([1000, 5000, ...deps.sizes ?? []])].map(async (size) => {
      const directory = await Deno.makeTempDir({ dir: deps.directory });
      const agent = await imageAgent({
        name: "agent",
        destinations: size,
        directory,
        flags: writingFlags,
      });
      await using _contender = await startContender(agent);
      // One round of replies, so that every series has its value.
      await sleep(12_000);
      const times: number[] = [];
      while (times.length < writesMeasured) {
        await nextWrite(agent.textfile);
        times.push((await readWrite(agent.textfile)).ms);
      }
      const { bytes } = await readWrite(agent.textfile);
      return [
        whole(size),
        median(times).toFixed(0),
        Math.max(...times).toFixed(0),
        whole(bytes),
        whole(bytes / size),
      ];
    }),
  );
  const columns = ["destinations", "ms to render and write", "at most", "bytes", "per destination"];
  deps.out(`\nThe textfile, of image/nodeping\n${table(columns, rows)}`);
}
