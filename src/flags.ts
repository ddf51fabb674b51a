/** Command-line flags as a table, and the values that they take: one place for parsing, help and completion. @module */

// @ts-types="./std_cli_parse_args.d.ts"
import { parseArgs } from "@std/cli/parse-args";

/** One flag of a command. */
export interface FlagSpec {
  /** Name without the leading dashes. */
  readonly name: string;
  /** One letter that stands for the name, as in -n. */
  readonly short?: string;
  /** Placeholder of the value in the help; a flag without one is a switch. */
  readonly value?: string;
  /** One line of help, starting in lower case. */
  readonly help: string;
}

/** What {@linkcode parseFlags} read. Values are text, checked by the command that owns them. */
export interface ParsedFlags {
  /** Values of the flags that were given, by name. */
  readonly values: ReadonlyMap<string, string>;
  /** Switches that were given. */
  readonly switches: ReadonlySet<string>;
  /** What is no flag, in order. */
  readonly positionals: readonly string[];
  /** Every problem of the command line, ready to be shown. */
  readonly problems: readonly string[];
}

/** Reads the arguments of a command; a flag stands at most once, `--flag value` or `--flag=value`. */
export function parseFlags(specs: readonly FlagSpec[], args: readonly string[]): ParsedFlags {
  const valued = specs.filter((spec) => spec.value !== undefined).map((spec) => spec.name);
  const switched = specs.filter((spec) => spec.value === undefined).map((spec) => spec.name);
  const problems = switchProblems(specs, args);
  const parsed = parseArgs(args.flatMap((argument) => unglued(specs, argument)), {
    // Positionals stay text, too: a release may be called "007".
    string: [...valued, "_"],
    boolean: [...switched, "help"],
    collect: valued,
    alias: {
      h: "help",
      ...Object.fromEntries(specs.flatMap(({ name, short }) => short ? [[short, name]] : [])),
    },
    unknown: (argument, key) => {
      if (key === undefined) return true;
      problems.push(`Unknown flag "${argument}": see --help`);
      return false;
    },
  });
  const values = new Map<string, string>();
  for (const name of valued) {
    const given = parsed[name];
    if (!Array.isArray(given) || given.length === 0) continue;
    if (given.length > 1) problems.push(`--${name} is given ${given.length} times: give it once`);
    const value = String(given[0]);
    if (value === "") problems.push(`--${name} has no value: write --${name}=VALUE`);
    else values.set(name, value);
  }
  const switches = new Set([...switched, "help"].filter((name) => parsed[name] === true));
  return { values, switches, positionals: parsed._.map(String), problems };
}

/** A switch with a value that says neither yes nor no: parseArgs would take it for a yes. */
function switchProblems(specs: readonly FlagSpec[], args: readonly string[]): string[] {
  const switches: readonly FlagSpec[] = [
    ...specs.filter(({ value }) => value === undefined),
    { name: "help", short: "h", help: "" },
  ];
  const end = args.indexOf("--");
  return args.slice(0, end < 0 ? args.length : end).flatMap((argument) => {
    const [, flag, value] = /^(--?[\w-]+)=(.*)$/s.exec(argument) ?? [];
    const found = switches.find(({ name, short }) => flag === `--${name}` || flag === `-${short}`);
    if (found === undefined || value === "true" || value === "false") return [];
    return [`--${found.name} is "${value}": it is a switch, write it without a value`];
  });
}

/** "-nfoo" as "-n foo", the way Helm reads it. */
function unglued(specs: readonly FlagSpec[], argument: string): readonly string[] {
  const [, letter, value] = /^-(\w)([^=].*)$/.exec(argument) ?? [];
  const isGlued = specs.some(({ short, value }) => short === letter && value !== undefined);
  return letter && value && isGlued ? [`-${letter}`, value] : [argument];
}

/** Whether the arguments of a command without flags ask for its help. */
export function asksForHelp([first]: readonly string[]): boolean {
  return first === "--help" || first === "-h";
}

/** The lines of the help that list the flags, aligned. */
export function flagHelp(specs: readonly FlagSpec[]): string {
  const rows = specs.map((spec): [string, string] => [
    `${spec.short ? `-${spec.short}, ` : ""}--${spec.name}${spec.value ? ` ${spec.value}` : ""}`,
    spec.help,
  ]);
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, help]) => `  ${left.padEnd(width)}  ${help}\n`).join("");
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Reads a duration such as "500ms", "1.5s" or "5m" as milliseconds; undefined when it is none. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  if (match === null) return undefined;
  const [, number = "", unit = ""] = match;
  return Number(number) * (unitMs[unit] ?? NaN);
}
