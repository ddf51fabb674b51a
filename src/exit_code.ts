/** The exit codes of every command. @module */

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
