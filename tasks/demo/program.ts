/** Which nodeping the demo runs: the compiled program, or the source. @module */

import { fileURLToPath } from "node:url";
import { run } from "../../src/platform/process.ts";
import type { Spawn } from "../../src/platform/process.ts";
import { version } from "../../src/version.ts";

const compiled = fileURLToPath(new URL("../../dist/nodeping", import.meta.url));
const source = fileURLToPath(new URL("../../main.ts", import.meta.url));

/** How nodeping is started on this machine. */
export interface NodepingProgram {
  readonly line: readonly string[];
  /** What it is and why it was chosen, for people. */
  readonly description: string;
}

/**
 * Takes the compiled program where it is there, starts, and is of this version; else the source.
 * Throws when the packages of the source cannot be had.
 */
export async function chooseProgram(
  spawn: Spawn,
  signal: AbortSignal,
  binary: string = compiled,
): Promise<NodepingProgram> {
  const refusal = await refusalOf(binary, spawn, signal);
  if (refusal === undefined) {
    return { line: [binary], description: `${binary}, compiled, version ${version}` };
  }
  await fetchPackages(spawn, signal);
  const flags = ["run", "--allow-all", "--cached-only", "--quiet"];
  return {
    line: [Deno.execPath(), ...flags, source],
    description: `from source with Deno ${Deno.version.deno}, because ${refusal}`,
  };
}

async function refusalOf(
  binary: string,
  spawn: Spawn,
  signal: AbortSignal,
): Promise<string | undefined> {
  const renewal = `"deno task build" makes it`;
  try {
    const { code, stdout } = await run(spawn, { command: binary, args: ["version"] }, signal);
    if (code !== 0) return `${binary} does not start, it ends with ${code} (${renewal})`;
    if (stdout.trim() === `nodeping ${version}`) return undefined;
    return `${binary} is "${stdout.trim()}" and not version ${version} (${renewal})`;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Deno.errors.NotFound) return `there is no ${binary} (${renewal})`;
    const cause = error instanceof Error ? error.message : error;
    return `${binary} does not start, ${cause} (${renewal})`;
  }
}

/** Has every package on disk before the agents are in namespaces that reach no registry. */
async function fetchPackages(spawn: Spawn, signal: AbortSignal): Promise<void> {
  const args = ["cache", "--quiet", source];
  const { code, stderr } = await run(spawn, { command: Deno.execPath(), args }, signal);
  if (code === 0) return;
  throw new Error(`Cannot download the packages of deno.lock\n${stderr.trim()}`);
}
