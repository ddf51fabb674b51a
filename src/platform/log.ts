/** Log lines: logfmt or JSON, with levels, one line an event, and a limit to repeated events. @module */

import { jsonText } from "./terminal.ts";

/** Levels, from the most to the least verbose. */
export const logLevels = ["debug", "info", "warn", "error"] as const;

/** How much is logged. */
export type LogLevel = typeof logLevels[number];

/** How lines look. */
export type LogFormat = "logfmt" | "json";

/** Values that belong to the event; undefined ones are left out. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Writes a log line of the level. */
export type LogAt = (message: string, fields?: LogFields) => void;

/** A logger, with a method a level. */
export type Log = Readonly<Record<LogLevel, LogAt>>;

/** Settings of {@linkcode makeLog}. */
export interface LogOptions {
  /** Lowest level that is written. */
  readonly level: LogLevel;
  /** logfmt is for people, json for collectors. */
  readonly format: LogFormat;
  /** Receives each line, with its line feed. */
  readonly write: (line: string) => void;
  /** Unix time in milliseconds. */
  readonly wallMs: () => number;
}

/** Makes a logger; lines below the level are dropped before they are formatted. */
export function makeLog(options: LogOptions): Log {
  const lowest = logLevels.indexOf(options.level);
  const at = (level: LogLevel): LogAt => (message, fields = {}) => {
    if (logLevels.indexOf(level) < lowest) return;
    const time = new Date(options.wallMs()).toISOString();
    const line = { time, level, msg: message, ...fields };
    options.write(options.format === "json" ? `${jsonText(line)}\n` : logfmt(line));
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

function logfmt(line: LogFields): string {
  const words = Object.entries(line).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${typeof value === "string" ? quoted(value) : value}`]
  );
  return `${words.join(" ")}\n`;
}

/** JSON's quoting also keeps a hostile value from starting a line of its own. */
function quoted(text: string): string {
  return /^[\w.:/@%+-]+$/.test(text) ? text : jsonText(text);
}

/** Lets a number of events through in each window of time, and counts the others. */
export class LogLimit {
  readonly #count: number;
  readonly #windowMs: number;
  #windowStartMs = -Infinity;
  #passed = 0;
  #held = 0;

  /** Lets `count` lines through in each window of time. */
  constructor(count: number, windowMs: number) {
    this.#count = count;
    this.#windowMs = windowMs;
  }

  /**
   * Undefined when this event is one too many; else how many were held back before it since the
   * last one that passed.
   */
  pass(nowMs: number): number | undefined {
    if (nowMs - this.#windowStartMs >= this.#windowMs) {
      this.#windowStartMs = nowMs;
      this.#passed = 0;
    }
    if (this.#passed >= this.#count) {
      this.#held++;
      return undefined;
    }
    this.#passed++;
    const held = this.#held;
    this.#held = 0;
    return held;
  }
}
