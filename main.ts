/** The entry of nodeping: arguments, environment, signals and the exit code. @module */

import { runCli } from "./src/cli.ts";
import { exitCode } from "./src/exit_code.ts";
import { spawnProcess } from "./src/shell/spawn.ts";

if (import.meta.main) {
  const controller = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(signal, () => controller.abort(new Error(`Received ${signal}`)));
  }
  const encoder = new TextEncoder();
  Deno.exit(
    await runCli({
      args: Deno.args,
      env: (name) => Deno.env.get(name),
      out: (text) => void Deno.stdout.writeSync(encoder.encode(text)),
      err: (text) => void Deno.stderr.writeSync(encoder.encode(text)),
      signal: controller.signal,
      spawn: spawnProcess,
    }).catch((error: unknown) => {
      Deno.stderr.writeSync(encoder.encode(`${error instanceof Error ? error.stack : error}\n`));
      return exitCode.failure;
    }),
  );
}
