/** A log that a test can read. @module */

import type { Log, LogAt, LogFields, LogLevel } from "../../src/platform/log.ts";

/** One line of a {@linkcode FakeLog}. */
export interface LoggedLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/** Keeps its lines. */
export class FakeLog implements Log {
  readonly lines: LoggedLine[] = [];
  readonly debug: LogAt = this.#at("debug");
  readonly info: LogAt = this.#at("info");
  readonly warn: LogAt = this.#at("warn");
  readonly error: LogAt = this.#at("error");

  /** The messages of a level. */
  messages(level: LogLevel): readonly string[] {
    return this.lines.filter((line) => line.level === level).map(({ message }) => message);
  }

  #at(level: LogLevel): LogAt {
    return (message, fields = {}) => void this.lines.push({ level, message, fields });
  }
}
