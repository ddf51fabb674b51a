/** The command line: picks the subcommand. @module */

import { exitCode } from "./exit_code.ts";
import type { ExitCode } from "./exit_code.ts";
import type { Command, ProgramDeps } from "./platform/process.ts";
import type { CompletedCommand } from "./completion.ts";
import { asksForHelp, flagsOf } from "./flags.ts";
import type { Flag } from "./flags.ts";
import { version } from "./version.ts";

interface Subcommand {
  readonly summary: string;
  /** Loaded when called: the Kubernetes client must not weigh on the agent. */
  readonly load: () => Promise<Command>;
  /** What an end without waiting may leave behind, and what to do about it. */
  readonly leftBehind?: string;
  /** For completion; only of commands that Helm's users call. */
  readonly flags?: () => Promise<readonly Flag<unknown>[]>;
}

const subcommands: Readonly<Record<string, Subcommand>> = {
  agent: {
    summary: "probe all other nodes and write the results as Prometheus metrics",
    load: async () => (await import("./agent/command.ts")).agentCommand,
    leftBehind: "the textfile, which node-exporter would export for ever: remove it",
  },
  diagnose: {
    summary: "say which node, link, path or zone pair is to blame for lost probes",
    load: async () => (await import("./diagnosis/diagnose.ts")).diagnoseCommand,
    flags: async () => flagsOf((await import("./diagnosis/diagnose.ts")).diagnoseFlags),
  },
  matrix: {
    summary: "show the loss between all nodes",
    load: async () => (await import("./matrix/command.ts")).matrixCommand,
    flags: async () => flagsOf((await import("./matrix/command.ts")).matrixFlags),
  },
  sync: {
    summary: "bring the node list of a Helm release in step with the cluster",
    load: async () => (await import("./sync/command.ts")).syncCommand,
    leftBehind:
      'Helm, still running, and a revision that is "pending": wait for its end, look with ' +
      '"helm history", and take a pending revision back with "helm rollback"',
    flags: async () => flagsOf((await import("./sync/settings.ts")).syncFlags),
  },
  ui: {
    summary: "serve a live page of the mesh on this machine",
    load: async () => (await import("./ui/command.ts")).uiCommand,
    flags: async () => flagsOf((await import("./ui/command.ts")).uiFlags),
  },
  completion: {
    summary: "candidates for Helm's completion",
    load: async () => {
      const { completionCommand } = await import("./completion.ts");
      const { completedReleases } = await import("./sync/release.ts");
      return async (deps) =>
        await completionCommand(deps, await completedCommands(), () => completedReleases(deps));
    },
  },
  version: {
    summary: "print the version",
    load: () => Promise.resolve(versionCommand),
  },
};

/** Runs the subcommand that the first argument names. */
export async function runCli(deps: ProgramDeps): Promise<ExitCode> {
  const [name, ...args] = deps.args;
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    deps.out(usage());
    return name === undefined ? exitCode.usage : exitCode.done;
  }
  if (name === "--version") return await versionCommand(deps);
  const subcommand = Object.hasOwn(subcommands, name) ? subcommands[name] : undefined;
  if (subcommand === undefined) {
    deps.err(`Unknown command "${name}"\n\n${usage()}`);
    return exitCode.usage;
  }
  const command = await subcommand.load();
  return await command({ ...deps, args });
}

/** What to say when a command is ended at once, while it still ends by itself. */
export function abandonedText([name = ""]: readonly string[], signal: string): string {
  const { leftBehind } = (Object.hasOwn(subcommands, name) ? subcommands[name] : undefined) ?? {};
  return `A second ${signal}: ended at once` +
    (leftBehind === undefined ? "\n" : `. This may be left behind: ${leftBehind}\n`);
}

async function completedCommands(): Promise<CompletedCommand[]> {
  const found: CompletedCommand[] = [];
  for (const [name, { flags }] of Object.entries(subcommands)) {
    if (flags !== undefined) found.push({ name, flags: await flags(), takesRelease: true });
  }
  return [...found, { name: "version", flags: [], takesRelease: false }];
}

function versionCommand({ args, out }: ProgramDeps): Promise<ExitCode> {
  out(asksForHelp(args) ? "Usage: nodeping version\n" : `nodeping ${version}\n`);
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
