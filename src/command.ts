/** What every subcommand is given, and the exit code that it gives back. @module */

/** What a subcommand is given from outside, made at the entry. */
export interface CommandDeps {
  /** Arguments after the subcommand's name. */
  readonly args: readonly string[];
  /** Reads an environment variable; undefined when it is not set. */
  readonly env: (name: string) => string | undefined;
  /** Writes to standard output; what a terminal could take for more than text is replaced. */
  readonly out: (text: string) => void;
  /** Writes to standard error, in the same way. */
  readonly err: (text: string) => void;
  /** Ends the command: SIGTERM or SIGINT came. */
  readonly signal: AbortSignal;
}

/** A subcommand: resolves with the exit code of the program. */
export type Command<Deps extends CommandDeps> = (deps: Deps) => Promise<ExitCode>;

/** Exit codes of every nodeping command. */
export const exitCode = {
  /** The command did what it was asked. */
  done: 0,
  /** The command failed while running. */
  failure: 1,
  /** The command line or the configuration is wrong. */
  usage: 2,
  /** Only with --exit-code: changes are pending, or a fault was found. */
  found: 3,
} as const;

/** One of the exit codes. */
export type ExitCode = typeof exitCode[keyof typeof exitCode];
