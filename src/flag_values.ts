/** The kinds of values that flags take: text, choices, durations, numbers, URLs; each with its reading. @module */

import { invalid } from "./flags.ts";
import type { Flag, FlagSpec } from "./flags.ts";

/**
 * The setting of a flag: undefined is possible where the flag has no default and need not be given.
 */
export type Setting<Value, Spec extends FlagSpec> = Spec extends
  { readonly default: string } | { readonly required: string } ? Value : Value | undefined;

/** A kind of value. */
export interface ValueKind<Value> {
  /** Stands for the value in the help, unless the flag has a word of its own. */
  readonly placeholder: string;
  /** What completion offers. */
  readonly completion?: readonly string[] | "files";
  /** What to write, for the message about an invalid value. */
  readonly remedy: string;
  /** Reads a text that is not empty. */
  readonly read: (text: string) => Value | typeof invalid;
}

/** A flag of any kind of value. */
export function valueFlag<Value, const Spec extends FlagSpec>(
  spec: Spec,
  kind: ValueKind<Value>,
): Flag<Setting<Value, Spec>> {
  const read = (text: string) => text === "" ? invalid : kind.read(text);
  return { ...kind, ...spec, read } as Flag<Setting<Value, Spec>>;
}

/** A switch: true where it is given. */
export function switchFlag(spec: Pick<FlagSpec, "name" | "short" | "help">): Flag<boolean> {
  return {
    ...spec,
    default: "false",
    remedy: "it without a value",
    read: (text) => text === "true",
  };
}

/** Any text; one that does not match the pattern is invalid. */
export function textFlag<const Spec extends FlagSpec>(
  spec: Spec,
  { pattern = /^/, remedy = "a text" }: { readonly pattern?: RegExp; readonly remedy?: string } =
    {},
): Flag<Setting<string, Spec>> {
  const read = (text: string) => pattern.test(text) ? text : invalid;
  return valueFlag(spec, { placeholder: "TEXT", remedy, read });
}

/** The path of a file or, with such a placeholder, of a directory. */
export function pathFlag<const Spec extends FlagSpec>(spec: Spec): Flag<Setting<string, Spec>> {
  const read = (text: string) => text;
  return valueFlag(spec, { placeholder: "FILE", completion: "files", remedy: "a path", read });
}

/** One of some words, in any letter case. */
export function choiceFlag<const Word extends string, const Spec extends FlagSpec>(
  spec: Spec,
  words: readonly Word[],
): Flag<Setting<Word, Spec>> {
  const read = (text: string) =>
    words.find((word) => word.toLowerCase() === text.toLowerCase()) ?? invalid;
  return valueFlag(spec, {
    ...{ placeholder: words.join("|"), completion: words, read },
    remedy: alternatives(words.map((word) => `"${word}"`)),
  });
}

/** A duration, as milliseconds. */
export function durationFlag<const Spec extends FlagSpec>(
  spec: Spec,
  { minMs = 0, maxMs = Infinity }: { readonly minMs?: number; readonly maxMs?: number } = {},
): Flag<Setting<number, Spec>> {
  const example = spec.default ?? "30s";
  const bounds = maxMs < Infinity
    ? ` from ${formatDuration(minMs)} to ${formatDuration(maxMs)},`
    : minMs > 0
    ? ` of at least ${formatDuration(minMs)},`
    : "";
  const read = (text: string) => {
    const ms = parseDurationMs(text) ?? NaN;
    return ms >= minMs && ms <= maxMs ? ms : invalid;
  };
  return valueFlag(spec, {
    ...{ placeholder: "D", read, remedy: `a duration${bounds} such as ${example}` },
  });
}

/** A whole number in decimal digits. */
export function integerFlag<const Spec extends FlagSpec>(
  spec: Spec,
  min: number,
  max: number,
): Flag<Setting<number, Spec>> {
  const read = (text: string) => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    return value >= min && value <= max ? value : invalid;
  };
  return valueFlag(spec, { placeholder: "N", remedy: `a number from ${min} to ${max}`, read });
}

/** A percentage from 0 to 100, with or without its sign. */
export function percentFlag<const Spec extends FlagSpec>(spec: Spec): Flag<Setting<number, Spec>> {
  const read = (text: string) => {
    const [, digits] = /^(\d+(?:\.\d+)?)\s*%?$/.exec(text) ?? [];
    const percent = Number(digits);
    return percent <= 100 ? percent : invalid;
  };
  return valueFlag(spec, { placeholder: "PERCENT", remedy: "a percentage from 0 to 100", read });
}

/** Whether a text is the URL of a web server. */
export function isHttpUrl(text: string): boolean {
  return /^https?:$/.test(URL.parse(text)?.protocol ?? "");
}

/** The URL of a web server, as written. */
export function urlFlag<const Spec extends FlagSpec>(
  spec: Spec,
  example: string,
): Flag<Setting<string, Spec>> {
  const read = (text: string) => isHttpUrl(text) ? text : invalid;
  return valueFlag(spec, { placeholder: "URL", remedy: `a URL such as ${example}`, read });
}

/** Several values as another flag reads one of them, with commas between them. */
export function listFlag<Value, const Spec extends FlagSpec>(
  spec: Spec,
  { placeholder, remedy, completion = [], read: readOne }: Flag<Value>,
): Flag<Setting<readonly NonNullable<Value>[], Spec>> {
  const isRead = (value: Value | typeof invalid): value is NonNullable<Value> => value !== invalid;
  const read = (text: string) => {
    const values = text.split(",").map(readOne);
    return values.every(isRead) ? values : invalid;
  };
  return valueFlag(spec, {
    ...{ placeholder: `${placeholder}[,${placeholder}...]`, completion, read },
    remedy: `${remedy}, several with commas between them`,
  });
}

/** The flag, which "off" switches off: its setting is then undefined. */
export function orOff<Value>(flag: Flag<Value>): Flag<Value | undefined> {
  const words = Array.isArray(flag.completion) ? flag.completion : [];
  return {
    ...flag,
    placeholder: `${flag.placeholder}|off`,
    completion: flag.completion === "files" ? "files" : [...words, "off"],
    remedy: `${flag.remedy}, or "off"`,
    read: (text) => text === "off" ? undefined : flag.read(text),
  };
}

function alternatives(words: readonly string[]): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Reads a duration such as "500ms", "1.5s" or "5m" as milliseconds; undefined when it is none. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  if (match === null) return undefined;
  const [, number = "", unit = ""] = match;
  return Number(number) * (unitMs[unit] ?? NaN);
}

/** A duration in its largest unit that gives a whole number: 90000 is "90s". */
export function formatDuration(ms: number): string {
  const units = Object.entries(unitMs).toReversed();
  const [unit, size] = units.find(([, size]) => ms >= size && ms % size === 0) ?? ["ms", 1];
  return `${ms / size}${unit}`;
}
