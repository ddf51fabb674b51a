/**
 * Types of the part of @std/cli that nodeping uses: the npm repackaging (deno-std) ships none.
 *
 * @module
 */

/** Options of {@linkcode parseArgs}, as documented by @std/cli. */
export interface ParseOptions {
  /** Flags that take no value. */
  readonly boolean?: readonly string[];
  /** Flags whose value stays text. */
  readonly string?: readonly string[];
  /** Flags whose values are gathered in an array. */
  readonly collect?: readonly string[];
  /** Other names of flags. */
  readonly alias?: Readonly<Record<string, string | readonly string[]>>;
  /** Called for each argument that is not a known flag; false leaves it out of the result. */
  readonly unknown?: (argument: string, key?: string, value?: unknown) => unknown;
}

/** Flags by name, and what is not a flag under `_`. */
export interface ParsedArgs {
  /** Positional arguments. */
  readonly _: readonly (string | number)[];
  /** The value of each flag, by name and by alias. */
  readonly [flag: string]: unknown;
}

/** Parses a command line into flags and positional arguments. */
export function parseArgs(args: readonly string[], options?: ParseOptions): ParsedArgs;
