/** The entry of nodeping: arguments, environment, signals and the exit code. @module */

import { abandonedText, runCli } from "./src/cli.ts";
import { exitCode } from "./src/exit_code.ts";
import { spawnProcess } from "./src/platform/process.ts";
import { safeText, writeText } from "./src/platform/terminal.ts";

if (import.meta.main) {
  const controller = new AbortController();
  let wasSignalled = false;
  const out = (text: string) =>
    writeText(
      Deno.stdout,
      safeText(text),
      () => controller.abort(new Error("Nobody reads the output")),
    );
  // An agent goes on measuring where its log is read no more, or the disk of its log is full.
  const err = (text: string) => {
    try {
      writeText(Deno.stderr, safeText(text), () => {});
    } catch {
      // There is no other place to say it.
    }
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(signal, () => {
      if (wasSignalled) {
        err(abandonedText(Deno.args, signal));
        Deno.exit(exitCode.failure);
      }
      wasSignalled = true;
      controller.abort(new Error(`Received ${signal}`));
    });
  }
  Deno.exit(
    await runCli({
      args: Deno.args,
      env: (name) => Deno.env.get(name),
      out,
      err,
      signal: controller.signal,
      spawn: spawnProcess,
    }).catch((error: unknown) => {
      err(`${error instanceof Error ? error.stack : error}\n`);
      return exitCode.failure;
    }),
  );
}
