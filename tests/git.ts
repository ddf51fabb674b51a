/** What Git says of the tree; a fresh machine has no Git, and an unpacked archive no repository. @module */

import { run, spawnProcess } from "../src/platform/process.ts";

/** Standard output of git in the directory; undefined where there is no Git or no repository. */
export async function git(
  directory: string,
  ...args: readonly string[]
): Promise<string | undefined> {
  try {
    const request = { command: "git", args: ["-C", directory, ...args] };
    const { code, stdout } = await run(spawnProcess, request);
    return code === 0 ? stdout : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
