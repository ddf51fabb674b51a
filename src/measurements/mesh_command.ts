/** What the commands that read the mesh have in common: matrix and diagnose. @module */

import type { CommandContext } from "../command.ts";
import { exitCode } from "../exit_code.ts";
import type { ExitCode } from "../exit_code.ts";
import { flagHelp, type FlagSpec, type ParsedFlags, parseFlags } from "../flags.ts";
import { printable, printableMessage, statusLine } from "../shell/terminal.ts";
import type { MeshReading } from "./build_mesh.ts";
import { meshOrigin, originFlags, originHelp, readMesh } from "./read_mesh.ts";

/** What a command makes of its own flags. */
export interface ReadSettings<Settings> {
  /** Meaningless where there are problems. */
  readonly settings: Settings;
  /** What is wrong with the flags, ready to be shown. */
  readonly problems: readonly string[];
}

/** A command that reads the mesh. */
export interface MeshCommand<Settings> {
  /** As typed after "nodeping". */
  readonly name: string;
  /** First line of the help. */
  readonly title: string;
  /** Its own flags, after those that choose where to read. */
  readonly flags: readonly FlagSpec[];
  /** Last lines of the help. */
  readonly footer?: string;
  /** Reads its own flags; those of the origin are not its business. */
  readonly readSettings: (parsed: ParsedFlags) => ReadSettings<Settings>;
  /** Does the work; what it throws is shown, and the command fails. */
  readonly run: (
    settings: Settings,
    /** Reads the mesh anew at each call, showing progress. */
    read: () => Promise<MeshReading>,
    context: CommandContext,
  ) => Promise<ExitCode>;
}

/** All flags of the command, for its help and completion. */
export function meshCommandFlags(flags: readonly FlagSpec[]): readonly FlagSpec[] {
  return [...originFlags, ...flags];
}

/** Runs a command: help, the problems of all flags at once, or its work. */
export async function runMeshCommand<Settings>(
  command: MeshCommand<Settings>,
  context: CommandContext,
): Promise<ExitCode> {
  const parsed = parseFlags(meshCommandFlags(command.flags), context.args);
  if (parsed.switches.has("help")) {
    context.out(helpOf(command));
    return exitCode.done;
  }
  const origin = meshOrigin(parsed, context.env);
  const { settings, problems } = command.readSettings(parsed);
  if (origin.kind === "invalid" || parsed.problems.length + problems.length > 0) {
    const ofOrigin = origin.kind === "invalid" ? origin.problems : [];
    showProblems([...parsed.problems, ...problems, ...ofOrigin], context);
    return exitCode.usage;
  }
  const read = async (): Promise<MeshReading> => {
    using line = statusLine(context.err);
    return await readMesh(origin, { env: context.env, status: line.show }, context.signal);
  };
  try {
    return await command.run(settings, read, context);
  } catch (error) {
    context.err(`${printableMessage(error)}\n`);
    return exitCode.failure;
  }
}

/** Writes each on a line of its own to standard error, whatever an agent's answer put into it. */
export function showProblems(problems: readonly string[], { err }: CommandContext): void {
  for (const problem of problems) err(`${printable(problem)}\n`);
}

function helpOf<Settings>(command: MeshCommand<Settings>): string {
  const { name, title, flags, footer = "" } = command;
  return `${title}

Usage: helm nodeping ${name} [RELEASE] [flags]
       nodeping ${name} (--textfiles DIR | --prometheus URL) [flags]

${originHelp}
Flags:
${flagHelp(meshCommandFlags(flags))}${footer}`;
}
