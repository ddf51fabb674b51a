/** What every subcommand is given, and what it gives back. @module */

import type { ExitCode } from "./exit_code.ts";
import type { Spawn } from "./shell/spawn.ts";

/** The outside world of a subcommand, made at the entry. */
export interface CommandContext {
  /** Arguments after the subcommand's name. */
  readonly args: readonly string[];
  /** Reads an environment variable; undefined when it is not set. */
  readonly env: (name: string) => string | undefined;
  /** Writes to standard output, as given. */
  readonly out: (text: string) => void;
  /** Writes to standard error, as given. */
  readonly err: (text: string) => void;
  /** Ends the command: SIGTERM or SIGINT came. */
  readonly signal: AbortSignal;
  /** Starts processes: fping, Helm, credential plugins. */
  readonly spawn: Spawn;
}

/** A subcommand: resolves with the exit code of the program. */
export type Command = (context: CommandContext) => Promise<ExitCode>;
