/** `nodeping agent`. @module */

import { lookup } from "node:dns/promises";
import { runAgent } from "./agent.ts";
import { agentFlags, agentHelp, readSettings } from "./settings.ts";
import type { AgentSettings } from "./settings.ts";
import { exitCode } from "../command.ts";
import type { ExitCode } from "../command.ts";
import type { ProgramDeps } from "../platform/process.ts";
import { parseFlags } from "../flags.ts";
import { readNodeList } from "../nodes/node_list_watch.ts";
import type { FileReader } from "../nodes/node_list_watch.ts";
import { systemClock } from "../platform/clock.ts";
import { systemFileWriter } from "../platform/files.ts";
import { makeLog } from "../platform/log.ts";

const systemFileReader: FileReader = { stat: Deno.statSync, readText: Deno.readTextFile };

/** Probes all other nodes until it is ended. */
export async function agentCommand(context: ProgramDeps): Promise<ExitCode> {
  const flags = parseFlags(agentFlags, context.args);
  if (flags.switches.has("help")) {
    context.out(agentHelp());
    return exitCode.done;
  }
  const result = readSettings(flags, context.env);
  if (result.kind === "invalid") {
    for (const problem of result.problems) context.err(`${problem}\n`);
    return exitCode.usage;
  }
  const { settings } = result;
  if (settings.checkConfig) return await checkConfig(settings, context);
  const log = makeLog({
    level: settings.logLevel,
    format: settings.logFormat,
    write: context.err,
    wallMs: systemClock.wallMs,
  });
  try {
    return await runAgent(settings, {
      spawn: context.spawn,
      clock: systemClock,
      reader: systemFileReader,
      writer: systemFileWriter,
      lookup: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
      log,
      denoVersion: Deno.version.deno,
    }, context.signal);
  } catch (error) {
    log.error("The agent failed", {
      cause: error instanceof Error ? error.message : String(error),
    });
    return exitCode.failure;
  }
}

async function checkConfig(settings: AgentSettings, context: ProgramDeps): Promise<ExitCode> {
  const path = settings.configPath;
  const found = await readNodeList({
    path,
    files: systemFileReader,
    clock: systemClock,
  });
  switch (found.kind) {
    case "unreadable":
      context.err(`Cannot read the node list "${path}": ${found.error}\n`);
      return exitCode.usage;
    case "invalid":
      for (const problem of found.problems) context.err(`${problem}\n`);
      return exitCode.usage;
    case "valid": {
      for (const warning of found.warnings) context.err(`Warning: ${warning}\n`);
      const { nodes, externalTargets } = found.list;
      const addresses = `${nodes.length} addresses of nodes`;
      context.out(`The configuration is valid: ${addresses}, ${externalTargets.length} external\n`);
      return exitCode.done;
    }
  }
}
