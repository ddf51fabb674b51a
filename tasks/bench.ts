/** `deno task bench`: what nodeping costs, as ratios to bare fping in the same run. @module */

import { exitCode } from "../src/exit_code.ts";
import { spawnProcess } from "../src/shell/spawn.ts";
import { benchCommand } from "./bench/command.ts";

if (import.meta.main) {
  const encoder = new TextEncoder();
  const err = (text: string) => void Deno.stderr.writeSync(encoder.encode(text));
  Deno.exit(
    await benchCommand({
      args: Deno.args,
      env: (name) => Deno.env.get(name),
      out: (text) => void Deno.stdout.writeSync(encoder.encode(text)),
      err,
      signal: new AbortController().signal,
      spawn: spawnProcess,
    }).catch((error: unknown) => {
      err(`${error instanceof Error ? error.stack : error}\n`);
      return exitCode.failure;
    }),
  );
}
