/** What sync tells on standard error: to a person, or to a log. @module */

import { makeLog } from "../shell/log.ts";
import type { LogFields } from "../shell/log.ts";

/** Tells what goes on. */
export interface Notices {
  /** Something worth knowing. */
  readonly notice: (message: string, fields?: LogFields) => void;
  /** Something did not work. */
  readonly failure: (message: string, fields?: LogFields) => void;
  /** What holds now: replaced in place on a terminal, told to nobody elsewhere. */
  readonly status: (message: string) => void;
}

/** Settings of {@linkcode makeNotices}. */
export interface NoticeOptions {
  /** Standard error. */
  readonly write: (text: string) => void;
  /** Whether a line can be replaced in place. */
  readonly isTerminal: boolean;
  /** Log lines with time and level instead of sentences. */
  readonly isLog: boolean;
  /** Unix time in milliseconds. */
  readonly wallMs: () => number;
}

/** Makes notices. */
export function makeNotices({ write, isTerminal, isLog, wallMs }: NoticeOptions): Notices {
  if (isLog) {
    const log = makeLog({ level: "info", format: "logfmt", write, wallMs });
    return { notice: log.info, failure: log.error, status: () => {} };
  }
  const line = (message: string): void => write(`${isTerminal ? "\r\x1b[K" : ""}${message}\n`);
  return {
    notice: (message) => line(message),
    failure: (message) => line(`Error: ${message}`),
    status: (message) => isTerminal && write(`\r\x1b[K${message}`),
  };
}
