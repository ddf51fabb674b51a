/** What a command is given from outside, for tests of commands. @module */

import type { ConnectDeps } from "../../src/kubernetes/credentials.ts";
import { spawnProcess } from "../../src/platform/process.ts";
import type { Command, ProgramDeps } from "../../src/platform/process.ts";
import { FakeSpawn } from "./spawn.ts";

/** What a command left behind. */
export interface CommandResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command to its end with these arguments and variables. */
export async function runCommand(
  command: Command,
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
  more: Partial<ProgramDeps> = {},
): Promise<CommandResult> {
  let [out, err] = ["", ""];
  const code = await command({
    args,
    env: (name) => variables[name],
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    signal: new AbortController().signal,
    spawn: new FakeSpawn().spawn,
    ...more,
  });
  return { code, out, err };
}

/** What connecting to a cluster with these variables needs, with real credential plugins. */
export function connectDeps(
  variables: Readonly<Record<string, string>>,
  more: Partial<ConnectDeps> = {},
): ConnectDeps {
  return {
    env: (name) => variables[name],
    spawn: spawnProcess,
    err: () => {},
    signal: new AbortController().signal,
    ...more,
  };
}
