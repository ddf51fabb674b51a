/** Parts "contest" and "seed": nodeping beside other ways to probe the same targets. @module */

import { startContender } from "./contender.ts";
import type { Contender, ContenderOptions } from "./contender.ts";
import type { BenchDeps } from "./deps.ts";
import {
  bareFping,
  compiled,
  findSmokepingProber,
  plainAgent,
  seedWay,
  smokepingProber,
} from "./programs.ts";
import { sleep } from "../../tests/network/agent_process.ts";
import { cpuMsPerThousand, nextWrite, readFor, readTotals } from "./readings.ts";
import { table, whole } from "./report.ts";

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
export async function measureContest(deps: BenchDeps): Promise<void> {
  for (const size of sizes) {
    const rows: string[][] = [];
    let bareMs: number | undefined;
    for (const { options, seen } of await ways(size, deps)) {
      await using contender = await startContender(options);
      await sleep(settleSeconds * 1000);
      const used = await readFor(contender, measuredSeconds);
      const { residentBytes } = contender.memory();
      const { sent, received } = await seen(contender);
      const costMs = cpuMsPerThousand(used);
      // Bare fping is the first.
      bareMs ??= costMs;
      rows.push([
        options.name,
        costMs.toFixed(1),
        (costMs / bareMs).toFixed(2),
        (100 * used.cpuSeconds / used.atSeconds).toFixed(1),
        (used.requests / used.atSeconds / size).toFixed(2),
        (residentBytes / 1e6).toFixed(1),
        sent <= 0 ? "does not say" : `${whole(received)} of ${whole(sent)}`,
        sent <= 0 ? "" : `${(100 * received / sent).toFixed(1)} %`,
      ]);
    }
    const head = ["", "CPU ms per 1,000", "ratio to bare", "% of a CPU", "probes/s each", "RSS MB"];
    const title = `\nSide by side, ${
      whole(size)
    } targets that all answer, 2 probes a second each\n`;
    deps.out(title + table([...head, "replies it saw", ""], rows));
  }
}

async function ways(size: number, deps: BenchDeps): Promise<readonly Way[]> {
  const bare = await bareFping(size, deps.fping, deps.directory);
  const agent = await plainAgent([compiled.people], {
    name: "nodeping",
    destinations: size,
    directory: await Deno.makeTempDir({ dir: deps.directory }),
    flags: ["--write-interval", "5s"],
  });
  const program = findSmokepingProber();
  if (program === undefined) {
    deps.out(
      "\nprometheus-smokeping-prober is left out: apt-get install prometheus-smokeping-prober\n",
    );
  }
  const probers = program === undefined ? [] : await Promise.all(
    [true, false].map((raw) => smokepingProber(program, size, raw, deps.directory)),
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

const batchSizes = [10, 60, 200, 1000] as const;

/** Two batches of 30 at the wanted rate, with what lies between them. */
const batchSeconds = 34;

const wantedPerSecond = 2;

/** Prints what is left of two probes a second to each target. */
export async function measureSeedWay(deps: BenchDeps): Promise<void> {
  const rows = await Promise.all(batchSizes.map(async (size) => {
    const textfile = `${deps.directory}/seed-${size}.prom`;
    await using contender = await startContender(
      await seedWay(size, deps.directory, textfile),
    );
    await sleep(1000);
    const used = await readFor(contender, batchSeconds);
    const perSecond = used.requests / used.atSeconds / size;
    const unwatched = 60 * Math.max(0, 1 - perSecond / wantedPerSecond);
    return [
      whole(size),
      perSecond.toFixed(2),
      unwatched.toFixed(1),
      cpuMsPerThousand(used).toFixed(1),
      exists(textfile) ? "" : `no result within ${batchSeconds + 1} s`,
    ];
  }));
  const head = ["targets", "probes/s each", "s of a minute not watched", "CPU ms per 1,000", ""];
  deps.out(
    `\nThe seed's way: fping -C 30 -p 500 in batches, parsed by Python\n${table(head, rows)}`,
  );
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
