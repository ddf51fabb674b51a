/** `nodeping sync`: from the command line to the runs. @module */

import type { CommandContext } from "../command.ts";
import { exitCode } from "../exit_code.ts";
import type { ExitCode } from "../exit_code.ts";
import { makeApi } from "../kubernetes/api.ts";
import { connect } from "../kubernetes/connect.ts";
import { connectInCluster, isInCluster } from "../kubernetes/in_cluster.ts";
import { systemClock } from "../shell/clock.ts";
import { explainNoRelease } from "./explain_no_release.ts";
import { makeNotices } from "./notices.ts";
import { runConfigMapSync, runOnce, runWatch } from "./run_modes.ts";
import type { Mode } from "./run_modes.ts";
import { NoReleaseError } from "./release.ts";
import { readSyncOptions, syncHelp } from "./sync_flags.ts";

/** Runs `nodeping sync`. */
export async function syncCommand(context: CommandContext): Promise<ExitCode> {
  const parsed = readSyncOptions(context.args);
  if (parsed.kind === "help") {
    context.out(syncHelp());
    return exitCode.done;
  }
  if (parsed.kind === "problems") {
    context.err(parsed.problems.map((problem) => `${problem}\n`).join(""));
    return exitCode.usage;
  }
  const { options } = parsed;
  const notices = makeNotices({
    write: context.err,
    isTerminal: Deno.stderr.isTerminal(),
    isLog: options.watch && !Deno.stderr.isTerminal(),
    wallMs: systemClock.wallMs,
  });
  try {
    // The in-cluster sync reads the service account's mount and nothing else.
    using api = makeApi(
      options.configMap !== undefined && isInCluster(context.env)
        ? await connectInCluster(context.env)
        : await connect(context.env),
    );
    return await inMode({ context, options, api, notices });
  } catch (error) {
    if (context.signal.aborted) return exitCode.failure;
    notices.failure(error instanceof Error ? error.message : String(error));
    return exitCode.failure;
  }
}

async function inMode(mode: Mode): Promise<ExitCode> {
  const { context, options, api } = mode;
  if (options.configMap !== undefined) return await runConfigMapSync(mode, options.configMap);
  try {
    return await (options.watch ? runWatch(mode) : runOnce(mode));
  } catch (error) {
    if (!(error instanceof NoReleaseError)) throw error;
    throw new Error(await explainNoRelease(error, api, context.signal), { cause: error });
  }
}
