/** `deno task soak`: faults on a real cluster for minutes, and whether every counter agrees. @module */

import { exitCode } from "../src/exit_code.ts";
import { spawnProcess } from "../src/shell/spawn.ts";
import { soakCommand } from "./soak/command.ts";

if (import.meta.main) {
  const interrupt = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    Deno.addSignalListener(signal, () => interrupt.abort(new Error(`Received ${signal}`)));
  }
  const encoder = new TextEncoder();
  const err = (text: string) => void Deno.stderr.writeSync(encoder.encode(text));
  Deno.exit(
    await soakCommand({
      args: Deno.args,
      env: (name) => Deno.env.get(name),
      out: (text) => void Deno.stdout.writeSync(encoder.encode(text)),
      err,
      signal: interrupt.signal,
      spawn: spawnProcess,
    }).catch((error: unknown) => {
      const isAsked = interrupt.signal.aborted && error === interrupt.signal.reason;
      err(`${error instanceof Error ? isAsked ? error.message : error.stack : error}\n`);
      return exitCode.failure;
    }),
  );
}
