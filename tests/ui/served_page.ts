/** `nodeping ui` as it is started by a person, for tests that look at its page. @module */

import { runCli } from "../../src/cli.ts";
import { spawnProcess } from "../../src/platform/process.ts";

/** A page that is served; dispose of it to end the command. */
export interface ServedPage extends AsyncDisposable {
  readonly url: string;
  /** What the command wrote to standard error so far. */
  readonly err: () => string;
}

/** Runs the command with these further arguments, which say where it reads. */
export async function servePage(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ServedPage> {
  const ending = new AbortController();
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let err = "";
  const running = runCli({
    args: ["ui", "--no-open", ...args],
    env: (name) => env[name],
    out: (text) => resolve(/http:\S+/.exec(text)?.[0] ?? ""),
    err: (text) => void (err += text),
    signal: ending.signal,
    spawn: spawnProcess,
  }).finally(() => reject(new Error(`nodeping ui ended:\n${err}`)));
  return {
    url: await promise,
    err: () => err,
    [Symbol.asyncDispose]: async () => {
      ending.abort();
      await running;
    },
  };
}
