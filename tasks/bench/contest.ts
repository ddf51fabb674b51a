/** Part "contest": nodeping beside other ways to probe the same targets at the same rate. @module */

import { startContender } from "./contender.ts";
import type { Contender, ContenderOptions } from "./contender.ts";
import type { BenchContext } from "./context.ts";
import {
  bareFping,
  compiled,
  findSmokepingProber,
  plainAgent,
  smokepingProber,
} from "./programs.ts";
import { cpuMsPerThousand, readFor, sleep } from "./readings.ts";
import { table, whole } from "./table.ts";
import { nextWrite, readTotals } from "./textfile.ts";

const sizes = [100, 1000] as const;
const settleSeconds = 4;
const measuredSeconds = 10;

/** What a contender says it saw: since its start, or in a while of it. */
interface Seen {
  readonly sent: number;
  readonly received: number;
}

/** One way to probe. */
interface Way {
  readonly options: ContenderOptions;
  readonly seen: (contender: Contender) => Promise<Seen>;
}

/** Prints cost and truth of each way, one after the other: one of them takes all processors. */
export async function measureContest(context: BenchContext): Promise<void> {
  for (const size of sizes) {
    const rows: string[][] = [];
    for (const { options, seen } of await ways(size, context)) {
      await using contender = await startContender(options);
      await sleep(settleSeconds * 1000);
      const used = await readFor(contender, measuredSeconds);
      const { residentBytes } = contender.memory();
      const { sent, received } = await seen(contender);
      rows.push([
        options.name,
        cpuMsPerThousand(used).toFixed(1),
        (100 * used.cpuSeconds / used.atSeconds).toFixed(1),
        (used.requests / used.atSeconds / size).toFixed(2),
        (residentBytes / 1e6).toFixed(1),
        sent <= 0 ? "does not say" : `${whole(received)} of ${whole(sent)}`,
        sent <= 0 ? "" : `${(100 * received / sent).toFixed(1)} %`,
      ]);
    }
    const head = ["", "CPU ms per 1,000", "% of a CPU", "probes/s each", "RSS MB"];
    const title = `\nSide by side, ${
      whole(size)
    } targets that all answer, 2 probes a second each\n`;
    context.out(title + table([...head, "replies it saw", ""], rows));
  }
}

async function ways(size: number, context: BenchContext): Promise<readonly Way[]> {
  const bare = await bareFping(size, context.fping, context.directory);
  const agent = await plainAgent([compiled.people], {
    name: "nodeping",
    destinations: size,
    directory: await Deno.makeTempDir({ dir: context.directory }),
    flags: ["--write-interval", "5s"],
  });
  const program = findSmokepingProber();
  if (program === undefined) {
    context.out(
      "\nprometheus-smokeping-prober is left out: apt-get install prometheus-smokeping-prober\n",
    );
  }
  const probers = program === undefined ? [] : await Promise.all(
    [true, false].map((raw) => smokepingProber(program, size, raw, context.directory)),
  );
  return [
    { options: bare, seen: seenByFping },
    { options: agent, seen: () => seenByAgent(agent.textfile) },
    ...probers.map((options) => ({ options, seen: seenByProber })),
  ];
}

async function seenByAgent(textfile: string): Promise<Seen> {
  await nextWrite(textfile);
  return await readTotals(textfile);
}

/** On SIGINT fping sums up: "10.76.0.0 : xmt/rcv/%loss = 28/28/0%, min/avg/max = ...". */
async function seenByFping(contender: Contender): Promise<Seen> {
  const summary = await contender.finish("SIGINT");
  const counts = [...summary.matchAll(/xmt\/rcv\/%loss = (\d+)\/(\d+)\//g)];
  return {
    sent: counts.reduce((sum, [, sent]) => sum + Number(sent), 0),
    received: counts.reduce((sum, [, , received]) => sum + Number(received), 0),
  };
}

/** Fetches the metrics from within the prober's network; it answers late while it is busy. */
const fetchMetrics = `
  const end = performance.now() + 15_000;
  while (performance.now() < end) {
    try {
      const signal = AbortSignal.timeout(15_000);
      console.log(await (await fetch("http://127.0.0.1:9374/metrics", { signal })).text());
      break;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }`;

/** By two readings of its metrics, since at any moment some requests have no answer yet. */
async function seenByProber({ namespace }: Contender): Promise<Seen> {
  const read = () => namespace.run(Deno.execPath(), "eval", fetchMetrics);
  const before = await read();
  await sleep(5000);
  const after = await read();
  const grown = (name: string) => sumOf(after, name) - sumOf(before, name);
  return {
    sent: grown("smokeping_requests_total"),
    received: grown("smokeping_response_duration_seconds_count"),
  };
}

function sumOf(metrics: string, name: string): number {
  return [...metrics.matchAll(new RegExp(`^${name}\\{.*\\} (\\S+)$`, "gm"))]
    .reduce((sum, [, value]) => sum + Number(value), 0);
}
