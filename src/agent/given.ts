/** Flags and variables, read one by one; what is wrong with them is collected. @module */

import { parseDurationMs } from "../duration.ts";
import type { ParsedFlags } from "../flags.ts";
import type { ListenAddress } from "../output/http.ts";
import { leastMeshDegree } from "../targets/mesh.ts";
import type { MeshDegree } from "../targets/mesh.ts";

const defaultPort = 10927;

/** What was given on the command line and in the environment, and what is wrong with it. */
export class Given {
  /** In the order in which they were found, those of the command line first. */
  readonly problems: string[];
  readonly #flags: ParsedFlags;
  readonly #env: (name: string) => string | undefined;

  /** Begins with the problems of the command line. */
  constructor(flags: ParsedFlags, env: (name: string) => string | undefined) {
    this.problems = [...flags.problems];
    this.#flags = flags;
    this.#env = env;
  }

  /** Adds a problem. */
  problem(text: string): void {
    this.problems.push(text);
  }

  /** Names the flag, or the variable where no flag was given and the value comes from there. */
  wrong(flag: string, value: string, wanted: string, variable?: string): void {
    const field = this.#flags.values.has(flag) ? undefined : variable;
    this.problem(`${field ?? `--${flag}`} is "${value}": write ${wanted}`);
  }

  /** A flag's text, else the variable's where it is not empty. */
  text(flag: string, variable: string | undefined, fallback: string): string {
    const fromEnv = variable === undefined ? undefined : this.#env(variable);
    return this.#flags.values.get(flag) ?? (fromEnv === "" ? undefined : fromEnv) ?? fallback;
  }

  /** The prefix is a part of a file name: it must not lead elsewhere. */
  prefix(flag: string, variable: string, fallback: string): string {
    const text = this.text(flag, variable, fallback);
    if (!/^[\w.-]{0,64}$/.test(text)) {
      this.wrong(flag, text, "at most 64 letters, digits, '.', '_' and '-'", variable);
    }
    return text;
  }

  /** A duration such as 500ms, in milliseconds. */
  durationMs(flag: string, fallback: string, minMs: number, maxMs: number): number {
    const text = this.text(flag, undefined, fallback);
    const ms = parseDurationMs(text) ?? NaN;
    if (!(ms >= minMs && ms <= maxMs)) {
      this.wrong(flag, text, `a duration from ${minMs}ms to ${maxMs}ms, such as ${fallback}`);
    }
    return ms;
  }

  /** A whole number in digits. */
  integer(flag: string, fallback: number, min: number, max: number): number {
    const text = this.text(flag, undefined, String(fallback));
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (!(value >= min && value <= max)) this.wrong(flag, text, `a number from ${min} to ${max}`);
    return value;
  }

  /** One of some words. */
  choice<T extends string>(flag: string, choices: readonly T[], fallback: T): T {
    const text = this.text(flag, undefined, fallback);
    const found = choices.find((choice) => choice === text);
    if (found === undefined) this.wrong(flag, text, choices.map((c) => `"${c}"`).join(" or "));
    return found ?? fallback;
  }

  /** A number of nodes, or the rule that finds it. */
  meshDegree(flag: string): MeshDegree {
    const text = this.text(flag, undefined, "auto");
    if (text === "auto" || text === "full") return text;
    const degree = /^\d+$/.test(text) ? Number(text) : NaN;
    if (!(degree >= leastMeshDegree)) {
      this.wrong(flag, text, `"auto", "full" or a number of nodes from ${leastMeshDegree}`);
    }
    return degree;
  }

  /** Where to listen; nowhere for "off". */
  listen(flag: string): readonly ListenAddress[] {
    const text = this.#flags.values.get(flag);
    if (text === undefined) return everyAddress(defaultPort);
    if (text === "off") return [];
    const match = /^(?:\[([\da-fA-F:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
    const port = Number(match?.[3]);
    if (match === null || port > 65_535) {
      this.wrong(flag, text, 'HOST:PORT such as "0.0.0.0:10927" or "[::]:10927", or "off"');
    }
    const hostname = match?.[1] ?? match?.[2] ?? "";
    return hostname === "" ? everyAddress(port) : [{ hostname, port }];
  }
}

/** All addresses of both families; of IPv4 alone where the node has IPv6 switched off. */
function everyAddress(port: number): readonly ListenAddress[] {
  return ["::", "0.0.0.0"].map((hostname) => ({ hostname, port }));
}
