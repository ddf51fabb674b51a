/** `nodeping agent`. @module */

import { lookup } from "node:dns/promises";
import { runAgent } from "./agent.ts";
import { agentHelp, readSettings } from "./settings.ts";
import type { AgentSettings } from "./settings.ts";
import { exitCode } from "../exit_code.ts";
import type { ExitCode } from "../exit_code.ts";
import type { ProgramDeps } from "../platform/process.ts";
import { readNodeList } from "../nodes/node_list_watch.ts";
import type { FileReader } from "../nodes/node_list_watch.ts";
import { systemClock } from "../platform/clock.ts";
import { systemFileWriter } from "../platform/files.ts";
import { makeLog } from "../platform/log.ts";
import { errorMessage } from "../platform/terminal.ts";

const systemFileReader: FileReader = { stat: Deno.statSync, readText: Deno.readTextFile };

/** Of the image's program, which is the sync's, too: the agent needs none of these. */
const permissionsOfSync: readonly Deno.PermissionDescriptor[] = [
  { name: "read", path: "/var/run/secrets/kubernetes.io/serviceaccount" },
  { name: "env", variable: "KUBERNETES_SERVICE_HOST" },
  { name: "env", variable: "KUBERNETES_SERVICE_PORT" },
];

/** Probes all other nodes until it is ended. */
export async function agentCommand(deps: ProgramDeps): Promise<ExitCode> {
  // Takes away what is permitted by name; a program that may do everything still may.
  for (const permission of permissionsOfSync) await Deno.permissions.revoke(permission);
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
      // The runtime's own default sorts IPv4 first, also where the node has IPv6 alone.
      lookup: async (host) =>
        (await lookup(host, { all: true, order: "verbatim" })).map(({ address }) => address),
      interfaceAddresses: () => Deno.networkInterfaces().map(({ address }) => address),
      log,
      denoVersion: Deno.version.deno,
    }, deps.signal);
  } catch (error) {
    log.error("The agent failed", { cause: errorMessage(error) });
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
      for (const problem of found.problems) deps.err(`${problem}\n`);
      for (const warning of found.warnings) deps.err(`Warning: ${warning}\n`);
      const { nodes, externalTargets } = found.list;
      const addresses = `${nodes.length} addresses of nodes, ${externalTargets.length} external`;
      if (found.problemCount === 0) deps.out(`The configuration is valid: ${addresses}\n`);
      else deps.out(`The agent would skip the entries above, and probe ${addresses}\n`);
      return found.problemCount === 0 ? exitCode.done : exitCode.usage;
    }
  }
}
