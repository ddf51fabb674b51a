/** What a captured situation is made of. @module */

import type { ClockShim } from "./clock_shim.ts";
import type { Namespace } from "./namespace.ts";
import type { Script } from "./responder_script.ts";

/** What a situation can act on while fping runs. */
export interface Stage {
  readonly namespace: Namespace;
  readonly clock: ClockShim;
  readonly kill: (signal: Deno.Signal) => void;
  /** Waits for the time since fping's start. */
  readonly at: (milliseconds: number) => Promise<void>;
}

/** One situation. */
export interface Situation {
  /** In a few words, for the head of the file. */
  readonly how: string;
  readonly targets: readonly string[];
  readonly script?: Script;
  /** In place of `-i 5`, or beside it. */
  readonly options?: readonly string[];
  /** The program that starts fping, where it is not started directly. */
  readonly under?: readonly string[];
  /** Prepares the namespace. */
  readonly before?: (stage: Stage) => Promise<unknown>;
  /** Acts while fping runs, and ends it; by default SIGTERM after 2.2 s. */
  readonly during?: (stage: Stage) => Promise<unknown>;
  /** Only for this version: an option that the other lacks. */
  readonly only?: "5.1" | "5.5";
  /** Keep only the last lines of standard output. */
  readonly tail?: number;
}
