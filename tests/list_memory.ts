/**
 * Reads a node list as the agent does, and prints by how many megabytes the process has grown at most:
 * `deno run -A list_memory.ts FILE`. Linux alone.
 *
 * @module
 */

import { readNodeList } from "../src/nodes/node_list_watch.ts";
import { systemClock } from "../src/platform/clock.ts";

const [path = ""] = Deno.args;

/** VmHWM: the largest resident size so far, in megabytes. */
function peak(): number {
  const status = Deno.readTextFileSync("/proc/self/status");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

const read = async (file: string) =>
  await readNodeList({
    path: file,
    files: { stat: Deno.statSync, readText: Deno.readTextFile },
    clock: systemClock,
  });

// All code is loaded by then; 5 sets the peak to what is resident now.
await read("/proc/self/status");
await Deno.writeTextFile("/proc/self/clear_refs", "5");
const before = peak();
await read(path);
Deno.stdout.writeSync(new TextEncoder().encode(`${Math.round(peak() - before)}\n`));
