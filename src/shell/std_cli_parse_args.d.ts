/**
 * Types of the part of @std/cli that nodeping uses: the npm repackaging (deno-std) ships none.
 *
 * @module
 */

/** Options of {@linkcode parseArgs}, as documented by @std/cli. */
export interface ParseOptions {
  readonly boolean?: readonly string[];
  readonly string?: readonly string[];
  readonly collect?: readonly string[];
  readonly negatable?: readonly string[];
  readonly alias?: Readonly<Record<string, string | readonly string[]>>;
  readonly stopEarly?: boolean;
  readonly "--"?: boolean;
  /** Called for each argument that is not a known flag; false leaves it out of the result. */
  readonly unknown?: (argument: string, key?: string, value?: unknown) => unknown;
}

/** Flags by name, and what is not a flag under `_`. */
export interface ParsedArgs {
  readonly _: readonly (string | number)[];
  readonly [flag: string]: unknown;
}

/** Parses a command line into flags and positional arguments. */
export function parseArgs(args: readonly string[], options?: ParseOptions): ParsedArgs;
