/** Part "writing": rendering and writing of the textfile. @module */

import { startContender } from "./contender.ts";
import type { BenchContext } from "./context.ts";
import { imageAgent } from "./programs.ts";
import { median, sleep } from "./readings.ts";
import { table, whole } from "./table.ts";
import { nextWrite, readWrite } from "./textfile.ts";

/** The period is long, so that a size is judged by its writes and not by its probes. */
const flags = ["--period", "10s", "--write-interval", "2s"];

const writes = 5;

/** Prints how long the image's program takes for its textfile, and how large it is. */
export async function measureWriting(context: BenchContext): Promise<void> {
  const rows = await Promise.all(
    [...new Set([1000, 5000, ...context.sizes ?? []])].map(async (size) => {
      const directory = await Deno.makeTempDir({ dir: context.directory });
      const agent = await imageAgent({ name: "agent", destinations: size, directory, flags });
      await using _contender = await startContender(agent);
      // One round of replies, so that every series has its value.
      await sleep(12_000);
      const times: number[] = [];
      while (times.length < writes) {
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
  const head = ["destinations", "ms to render and write", "at most", "bytes", "per destination"];
  context.out(`\nThe textfile, of image/nodeping\n${table(head, rows)}`);
}
