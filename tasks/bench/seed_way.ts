/** Part "seed": the rate that batches of fping -C 30 reach, as the seed's script made them. @module */

import { startContender } from "./contender.ts";
import type { BenchContext } from "./context.ts";
import { seedWay } from "./programs.ts";
import { cpuMsPerThousand, readFor, sleep } from "./readings.ts";
import { table, whole } from "./table.ts";

const sizes = [10, 60, 200, 1000] as const;

/** Two batches of 30 at the wanted rate, with what lies between them. */
const measuredSeconds = 34;

const wantedPerSecond = 2;

/** Prints what is left of two probes a second to each target. */
export async function measureSeedWay(context: BenchContext): Promise<void> {
  const rows = await Promise.all(sizes.map(async (size) => {
    const textfile = `${context.directory}/seed-${size}.prom`;
    await using contender = await startContender(
      await seedWay(size, context.directory, textfile),
    );
    await sleep(1000);
    const used = await readFor(contender, measuredSeconds);
    const perSecond = used.requests / used.atSeconds / size;
    const unwatched = 60 * Math.max(0, 1 - perSecond / wantedPerSecond);
    return [
      whole(size),
      perSecond.toFixed(2),
      unwatched.toFixed(1),
      cpuMsPerThousand(used).toFixed(1),
      exists(textfile) ? "" : `no result within ${measuredSeconds + 1} s`,
    ];
  }));
  const head = ["targets", "probes/s each", "s of a minute not watched", "CPU ms per 1,000", ""];
  context.out(
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
