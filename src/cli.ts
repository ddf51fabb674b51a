/** The command line: picks the subcommand. @module */

import type { Command, CommandContext } from "./command.ts";
import { exitCode } from "./exit_code.ts";
import type { ExitCode } from "./exit_code.ts";
import { version } from "./version.ts";

interface Subcommand {
  readonly summary: string;
  /** Loaded when called: the Kubernetes client must not weigh on the agent. */
  readonly load: () => Promise<Command>;
}

const subcommands: Readonly<Record<string, Subcommand>> = {
  agent: {
    summary: "probe all other nodes and write the results as Prometheus metrics",
    load: async () => (await import("./agent/command.ts")).agentCommand,
  },
  diagnose: {
    summary: "say which node, link or zone pair is to blame for lost probes",
    load: async () => (await import("./diagnosis/command.ts")).diagnoseCommand,
  },
  matrix: {
    summary: "show the loss between all nodes",
    load: async () => (await import("./matrix/command.ts")).matrixCommand,
  },
  version: {
    summary: "print the version",
    load: () => Promise.resolve(versionCommand),
  },
};

/** Runs the subcommand that the first argument names. */
export async function runCli(context: CommandContext): Promise<ExitCode> {
  const [name, ...args] = context.args;
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    context.out(usage());
    return name === undefined ? exitCode.usage : exitCode.done;
  }
  if (name === "--version") return await versionCommand(context);
  const subcommand = Object.hasOwn(subcommands, name) ? subcommands[name] : undefined;
  if (subcommand === undefined) {
    context.err(`Unknown command "${name}"\n\n${usage()}`);
    return exitCode.usage;
  }
  const command = await subcommand.load();
  return await command({ ...context, args });
}

function versionCommand(context: CommandContext): Promise<ExitCode> {
  context.out(`nodeping ${version}\n`);
  return Promise.resolve(exitCode.done);
}

function usage(): string {
  const rows = Object.entries(subcommands)
    .map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}\n`);
  return `nodeping measures the network between the nodes of a Kubernetes cluster

Usage: nodeping COMMAND [flags]

Commands:
${rows.join("")}
Every command has --help.
`;
}
