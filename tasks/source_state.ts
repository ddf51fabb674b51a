/** What Git says of the tree that is being built. @module */

import { run, spawnProcess } from "../src/platform/process.ts";

/** The commit a build is made from. */
export interface SourceState {
  /** Commit hash; "unknown" outside of a repository. */
  readonly revision: string;
  /**
   * Seconds since 1970 that artefacts carry in place of the time of their making:
   * SOURCE_DATE_EPOCH (reproducible-builds.org), else the commit's; 0 outside of a repository.
   */
  readonly time: number;
  /** Whether files differ from the commit, so that nobody can make the same again. */
  readonly dirty: boolean;
}

/** Reads the state of the tree in the working directory. */
export async function sourceState(): Promise<SourceState> {
  const [revision = "unknown", committed = "0"] = (await git("log", "-1", "--format=%H %ct"))
    .trim().split(" ").filter((part) => part !== "");
  const time = Number(Deno.env.get("SOURCE_DATE_EPOCH") ?? committed);
  if (!Number.isSafeInteger(time) || time < 0) {
    throw new RangeError(
      `SOURCE_DATE_EPOCH is "${Deno.env.get("SOURCE_DATE_EPOCH")}": write whole seconds since 1970`,
    );
  }
  return { revision, time, dirty: await git("status", "--porcelain") !== "" };
}

/** Standard output; empty where there is no Git or no repository. */
async function git(...args: readonly string[]): Promise<string> {
  try {
    const { code, stdout } = await run(spawnProcess, { command: "git", args });
    return code === 0 ? stdout : "";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
