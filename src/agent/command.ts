/** `nodeping agent`. @module */

import { lookup } from "node:dns/promises";
import { runAgent } from "./agent.ts";
import { agentHelp, readSettings } from "./settings.ts";
import type { AgentSettings } from "./settings.ts";
import { exitCode } from "../command.ts";
import type { ExitCode } from "../command.ts";
import type { ProgramDeps } from "../platform/process.ts";
import { readNodeList } from "../nodes/node_list_watch.ts";
import type { FileReader } from "../nodes/node_list_watch.ts";
import { systemClock } from "../platform/clock.ts";
import { systemFileWriter } from "../platform/files.ts";
import { makeLog } from "../platform/log.ts";

const systemFileReader: FileReader = { stat: Deno.statSync, readText: Deno.readTextFile };

/** Probes all other nodes until it is ended. */
export async function agentCommand(deps: ProgramDeps): Promise<ExitCode> {
  const parsed = readSettings(deps);
  if (parsed.kind === "help") {
    deps.out(agentHelp());
    return exitCode.done;
  }
  if (parsed.kind === "invalid") {
    for (const problem of parsed.problems) deps.err(`${problem}\n`);
    return exitCode.usage;
  }
  const { settings } = parsed;
  if (settings.checkConfig) return await checkConfig(settings, deps);
  const log = makeLog({
    level: settings.logLevel,
    format: settings.logFormat,
    write: deps.err,
    wallMs: systemClock.wallMs,
  });
  try {
    return await runAgent(settings, {
      spawn: deps.spawn,
      clock: systemClock,
      reader: systemFileReader,
      writer: systemFileWriter,
      lookup: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
      log,
      denoVersion: Deno.version.deno,
    }, deps.signal);
  } catch (error) {
    log.error("The agent failed", {
      cause: error instanceof Error ? error.message : String(error),
    });
    return exitCode.failure;
  }
}

async function checkConfig(settings: AgentSettings, deps: ProgramDeps): Promise<ExitCode> {
  const path = settings.configPath;
  const found = await readNodeList({
    path,
    files: systemFileReader,
    clock: systemClock,
  });
  switch (found.kind) {
    case "unreadable":
      deps.err(`Cannot read the node list "${path}": ${found.error}\n`);
      return exitCode.usage;
    case "invalid":
      for (const problem of found.problems) deps.err(`${problem}\n`);
      return exitCode.usage;
    case "valid": {
      for (const warning of found.warnings) deps.err(`Warning: ${warning}\n`);
      const { nodes, externalTargets } = found.list;
      const addresses = `${nodes.length} addresses of nodes`;
      deps.out(`The configuration is valid: ${addresses}, ${externalTargets.length} external\n`);
      return exitCode.done;
    }
  }
}
