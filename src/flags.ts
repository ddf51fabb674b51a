/**
 * The command line of every command: one table says name, type, default, help and reading of each
 * flag, and parsing, help and completion read it. No value is read anywhere else.
 *
 * @module
 */

// @ts-types="./std_cli_parse_args.d.ts"
import { parseArgs } from "@std/cli/parse-args";

/** What a reader returns for a text that is no value of its flag. */
export const invalid: unique symbol = Symbol("invalid");

/** What a flag's entry in its table says of it. */
export interface FlagSpec {
  /** Name without the leading dashes. */
  readonly name: string;
  /** One letter that stands for the name, as in -n. */
  readonly short?: string;
  /** Stands for the value in the help; a switch has none. */
  readonly placeholder?: string;
  /** Environment variable that is read where the flag is absent; an empty one counts as not set. */
  readonly variable?: string;
  /** Read where neither flag nor variable is given; without it the setting is then undefined. */
  readonly default?: string;
  /** The problem that is reported where neither flag nor variable is given. */
  readonly required?: string;
  /** One line of help, starting in lower case; variable and default are added to it. */
  readonly help: string;
}

/** One flag: how it is written, described and read. Made by the functions of flag_values.ts. */
export interface Flag<Value> extends FlagSpec {
  /** What completion offers after the flag: words, or the names of files. */
  readonly completion?: readonly string[] | "files";
  /** What to write, for the message about an invalid value: "a duration such as 500ms". */
  readonly remedy: string;
  /** Reads the text of the command line, the variable or the default. */
  readonly read: (text: string) => Value | typeof invalid;
}

/** The flags of a command, by the setting that each gives. */
export type FlagTable<Settings> = { readonly [Key in keyof Settings]: Flag<Settings[Key]> };

/** Names of the flags (not of variables) that stand on the command line. */
export type GivenFlags = ReadonlySet<string>;

/** What is read by a table. */
export interface CommandLine<Settings> {
  /** Arguments after the command's name. */
  readonly args: readonly string[];
  /** Reads an environment variable; where it is absent, no flag has one. */
  readonly env?: (name: string) => string | undefined;
  /**
   * What arguments that are no flags stand for ("release"), and how many there may be;
   * none when absent.
   */
  readonly operands?: { readonly name: string; readonly max: number };
  /** Problems of flags together. An invalid value, which is reported anyway, is undefined here. */
  readonly check?: (
    settings: Partial<Settings>,
    given: GivenFlags,
    operands: readonly string[],
  ) => readonly string[];
}

/** The settings, or a call for help, or every problem of the command line, ready to be shown. */
export type ParsedFlags<Settings> =
  | { readonly kind: "help" }
  | { readonly kind: "invalid"; readonly problems: readonly string[] }
  | {
    readonly kind: "valid";
    readonly settings: Settings;
    /** Arguments that are no flags, in order. */
    readonly operands: readonly string[];
  };

/**
 * Reads `--flag value` and `--flag=value`; the last of two equal flags wins. A flag wins over its
 * variable, and a variable over the default.
 */
export function parseFlags<Settings extends object>(
  table: FlagTable<Settings>,
  { args, env = () => undefined, operands, check = () => [] }: CommandLine<Settings>,
): ParsedFlags<Settings> {
  const flags = flagsOf(table);
  const { texts, isHelp, positionals, problems } = readArguments(flags, args);
  if (isHelp) return { kind: "help" };
  const settings: Partial<Record<string, unknown>> = {};
  for (const [key, flag] of Object.entries<Flag<unknown>>(table)) {
    const fromEnv = flag.variable === undefined ? undefined : env(flag.variable) || undefined;
    const text = texts.get(flag.name) ?? fromEnv ?? flag.default;
    const value = text === undefined ? undefined : flag.read(text);
    settings[key] = value === invalid ? undefined : value;
    if (text === undefined) {
      if (flag.required !== undefined) problems.push(flag.required);
    } else if (text === "") {
      problems.push(`--${flag.name} has no value: write --${flag.name}=VALUE`);
    } else if (value === invalid) {
      const field = texts.has(flag.name) ? `--${flag.name}` : flag.variable;
      problems.push(`${field} is "${withoutPassword(text)}": write ${flag.remedy}`);
    }
  }
  problems.push(...operandProblems(positionals, operands));
  const read = settings as Settings;
  problems.push(...check(read, new Set(texts.keys()), positionals));
  return problems.length > 0
    ? { kind: "invalid", problems }
    : { kind: "valid", settings: read, operands: positionals };
}

/** The flags of a table, in its order. */
export function flagsOf<Settings extends object>(
  table: FlagTable<Settings>,
): readonly Flag<unknown>[] {
  return Object.values<Flag<unknown>>(table);
}

interface ReadArguments {
  /** The last text of each flag that was given, by name; of a switch "true". */
  readonly texts: ReadonlyMap<string, string>;
  readonly isHelp: boolean;
  readonly positionals: readonly string[];
  readonly problems: string[];
}

function readArguments(flags: readonly Flag<unknown>[], args: readonly string[]): ReadArguments {
  const problems = switchProblems(flags, args);
  const parsed = parseArgs(args.flatMap((argument) => unglued(flags, argument)), {
    // Positionals stay text, too: a release may be called "007".
    string: ["_", ...flags.filter((flag) => !isSwitch(flag)).map(({ name }) => name)],
    boolean: [...flags.filter(isSwitch).map(({ name }) => name), "help"],
    alias: {
      h: "help",
      ...Object.fromEntries(flags.flatMap(({ name, short }) => short ? [[short, name]] : [])),
    },
    unknown: (argument, key) => {
      if (key === undefined) return true;
      problems.push(`Unknown flag "${argument}": see --help`);
      return false;
    },
  });
  const texts = new Map<string, string>();
  for (const flag of flags) {
    // parseArgs gives "false" for a switch that is absent, too.
    const isGiven = Object.hasOwn(parsed, flag.name) && parsed[flag.name] !== false;
    if (isGiven) texts.set(flag.name, String(parsed[flag.name]));
  }
  return { texts, isHelp: parsed.help === true, positionals: parsed._.map(String), problems };
}

function isSwitch({ placeholder }: Flag<unknown>): boolean {
  return placeholder === undefined;
}

/** A switch with a value that says neither yes nor no: parseArgs would take it for a yes. */
function switchProblems(flags: readonly Flag<unknown>[], args: readonly string[]): string[] {
  const switches = [...flags.filter(isSwitch), { name: "help", short: "h" }];
  const end = args.indexOf("--");
  return args.slice(0, end < 0 ? args.length : end).flatMap((argument) => {
    const [, flag, value] = /^(--?[\w-]+)=(.*)$/s.exec(argument) ?? [];
    const found = switches.find(({ name, short }) => flag === `--${name}` || flag === `-${short}`);
    if (found === undefined || value === "true" || value === "false") return [];
    return [`--${found.name} is "${value}": it is a switch, write it without a value`];
  });
}

/** "-nfoo" as "-n foo", the way Helm reads it. */
function unglued(flags: readonly Flag<unknown>[], argument: string): readonly string[] {
  const [, letter, value] = /^-(\w)([^=].*)$/.exec(argument) ?? [];
  const isGlued = flags.some((flag) => flag.short === letter && !isSwitch(flag));
  return letter && value && isGlued ? [`-${letter}`, value] : [argument];
}

function operandProblems(
  positionals: readonly string[],
  operands: CommandLine<object>["operands"],
): readonly string[] {
  if (operands === undefined) {
    return positionals.map((word) => `Unexpected argument "${word}": see --help`);
  }
  if (positionals.length <= operands.max) return [];
  return [`More than one ${operands.name}: ${positionals.join(", ")}`];
}

/** Whether the arguments of a command without flags ask for its help. */
export function asksForHelp([first]: readonly string[]): boolean {
  return first === "--help" || first === "-h";
}

/** The lines of the help that list the flags, aligned, each with its variable and its default. */
export function flagHelp<Settings extends object>(table: FlagTable<Settings>): string {
  const rows = flagsOf(table).map((flag): readonly [string, string] => {
    const { name, short, placeholder, variable } = flag;
    const usage = [`--${name}`, ...(placeholder === undefined ? [] : [placeholder])].join(" ");
    const notes = [
      ...(variable === undefined ? [] : [`$${variable}`]),
      ...(placeholder === undefined || flag.default === undefined
        ? []
        : [`default ${flag.default}`]),
    ];
    const note = notes.length === 0 ? "" : ` (${notes.join(", ")})`;
    return [`${short ? `-${short}, ` : ""}${usage}`, `${flag.help}${note}`];
  });
  const width = Math.max(...rows.map(([usage]) => usage.length));
  return rows.map(([usage, help]) => `  ${usage.padEnd(width)}  ${help}\n`).join("");
}

/**
 * A text for messages, in which a URL may stand, well-formed or not, with a user and a password.
 */
export function withoutPassword(text: string): string {
  return text.replace(/^([a-z][\w+.-]*:\/\/)?([^:@/]*):(?!\/\/).*@/is, "$1$2:...@");
}
