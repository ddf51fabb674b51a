/** A task that is a command of its own: arguments, environment, signals and the exit code. @module */

import { exitCode } from "../src/exit_code.ts";
import type { Command } from "../src/platform/process.ts";
import { spawnProcess } from "../src/platform/process.ts";

/** Runs the command and ends the program; the signals abort it instead of ending it at once. */
export async function runProgram(
  command: Command,
  signals: readonly Deno.Signal[],
): Promise<never> {
  const interrupt = new AbortController();
  for (const signal of signals) {
    Deno.addSignalListener(signal, () => interrupt.abort(new Error(`Received ${signal}`)));
  }
  const encoder = new TextEncoder();
  const err = (text: string) => void Deno.stderr.writeSync(encoder.encode(text));
  const code = await command({
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
  });
  Deno.exit(code);
}
