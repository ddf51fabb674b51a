/** What the installed fping is, and can do. @module */

import { run } from "../shell/spawn.ts";
import type { Spawn } from "../shell/spawn.ts";

/** The installed fping. */
export interface FpingFeatures {
  /** Version as fping prints it, for instance "5.1". */
  readonly version: string;
  /** Since 5.3: drops replies that come from another address than the one probed. */
  readonly checkSource: boolean;
}

/**
 * Asks fping for its version and its options. Throws when it cannot be started, or answers
 * as something else.
 */
export async function detectFping(
  spawn: Spawn,
  fping: string,
  signal: AbortSignal,
): Promise<FpingFeatures> {
  const { stdout } = await run(spawn, { command: fping, args: ["--version"] }, signal);
  const version = /Version (\S+)/.exec(stdout)?.[1];
  if (version === undefined) {
    throw new Error(
      `Cannot find a version in what "${fping} --version" prints: "${stdout.trim()}"`,
    );
  }
  const help = await run(spawn, { command: fping, args: ["--help"] }, signal);
  return { version, checkSource: help.stdout.includes("--check-source") };
}
