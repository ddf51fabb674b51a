/** What the agent logs of its measuring, in words that say what to do; no storm of like events fills its log. @module */

import type { FpingRestartReason, RunEnd } from "../fping/process.ts";
import type { LossRunEvent } from "../pairs/pair.ts";
import { LogLimit } from "../platform/log.ts";
import type { Log, LogAt, LogFields } from "../platform/log.ts";
import type { Destination } from "../targets/destination.ts";

/** Settings of {@linkcode MeasurementLog}. */
export interface MeasurementLogOptions {
  /** Name of the own node. */
  readonly node: string;
  /** Command of fping. */
  readonly fping: string;
  /** Where the lines go. */
  readonly log: Log;
  /** What the limits are measured by. */
  readonly monotonicMs: () => number;
}

/** Tells of fping and of loss bursts; `held_back` counts the lines that were one too many. */
export class MeasurementLog {
  readonly #options: MeasurementLogOptions;
  readonly #limits = {
    bursts: new LogLimit(50, 10_000),
    fping: new LogLimit(5, 60_000),
    // A hundred processes may end together: where a privilege is missing, again every 30 s.
    ends: new LogLimit(20, 60_000),
  };

  /** Tells nothing by itself. */
  constructor(options: MeasurementLogOptions) {
    this.#options = options;
  }

  /** A line of fping that is no outcome. */
  unparsedLine(line: string): void {
    this.#emit(this.#limits.fping, "warn", "Cannot read a line of fping", { line });
  }

  /** What fping wrote to stderr. */
  fpingMessage(text: string): void {
    this.#emit(this.#limits.fping, "warn", "fping complains", { text });
  }

  /** A process that sends and hears nobody. */
  fpingNoReplies(version: string | undefined): void {
    this.#emit(this.#limits.ends, "error", explainDeafness(version));
  }

  /** The end of a process that nobody asked for; returns the reason to count. */
  fpingEnded(end: Exclude<RunEnd, { kind: "stopped" }>, waitMs: number): FpingRestartReason {
    const { reason, message, fields } = explainEnd(end, this.#options.fping);
    this.#emit(this.#limits.ends, "error", message, { ...fields, next_start_in_ms: waitMs });
    return reason;
  }

  /** A loss burst that goes on or has ended. */
  lossRun(destination: Destination, event: LossRunEvent): void {
    if (event.kind === "burst_begun") return;
    const { burst } = event;
    const lasts = event.kind === "burst_lasting";
    const message = lasts ? "Probes go on being lost" : "A loss burst ended";
    this.#emit(this.#limits.bursts, "warn", message, {
      source: this.#options.node,
      destination: destination.name,
      address: destination.address,
      start: new Date(burst.startedAtSeconds * 1000).toISOString(),
      duration_s: Math.round(burst.durationSeconds * 1000) / 1000,
      probes_lost: burst.probesLost,
    });
  }

  #emit(limit: LogLimit, level: "warn" | "error", message: string, fields: LogFields = {}): void {
    const held = limit.pass(this.#options.monotonicMs());
    if (held === undefined) return;
    const at: LogAt = this.#options.log[level];
    at(message, { ...fields, held_back: held || undefined });
  }
}

/** A log line, and the reason that is counted. */
export interface Explanation {
  /** Value of the label `reason` of nodeping_agent_fping_restarts_total. */
  readonly reason: FpingRestartReason;
  /** What happened and what to do about it. */
  readonly message: string;
  /** The evidence: exit code, fping's last words. */
  readonly fields: LogFields;
}

/** Explains the end of a run that nobody asked for. */
export function explainEnd(end: Exclude<RunEnd, { kind: "stopped" }>, fping: string): Explanation {
  switch (end.kind) {
    case "start_failed":
      return {
        reason: "start_failed",
        message: "Cannot start fping: install it, or say where it is with --fping",
        fields: { fping, cause: String(end.error) },
      };
    case "silent":
      return {
        reason: "silent",
        message:
          "fping has said nothing for too long and is started again; this is not loss. When it " +
          "goes on, look for a filter that refuses even this node's pings of itself",
        fields: { silent_ms: end.silentMs },
      };
    case "clock_step":
      return {
        reason: "clock_step",
        message: "The clock stepped: fping, which times probes by it, is started again",
        fields: { step_ms: end.stepMs },
      };
    case "wrong_source":
      return {
        reason: "wrong_source",
        message:
          "A reply came from an address that was not probed: another process uses the same " +
          "ICMP identifier, so fping is started again under another one. When it goes on, a " +
          "destination answers from another address; fping 5.3 or newer drops such replies",
        fields: { address: end.address },
      };
    case "exited":
      return {
        reason: "exited",
        message: explainExit(end.status.code, end.message),
        fields: {
          code: end.status.signal === null ? end.status.code : undefined,
          signal: end.status.signal ?? undefined,
          said: end.message === "" ? undefined : end.message,
        },
      };
  }
}

/** Explains an fping that runs and gets no reply at all; 5.1 is so on every ping socket. */
export function explainDeafness(version: string | undefined): string {
  const filter = "look for a filter that drops ICMP on this node";
  const cause = version === "5.0" || version === "5.1"
    ? `fping ${version} hears nothing without the capability NET_RAW: give it, or use 5.2 or ` +
      `newer; where it has it, ${filter}`
    : filter;
  return `Cannot measure: no reply has come, not even from this node itself; ${cause}`;
}

/** fping's exit codes: 1 some unreachable, 2 bad address, 3 bad arguments, 4 system call failed. */
function explainExit(code: number, said: string): string {
  if (code === 4 && /socket/.test(said)) {
    return "Cannot measure: fping may not open a socket; give the pod the capability NET_RAW, or " +
      "let net.ipv4.ping_group_range include its group";
  }
  if (code === 4 && said === "") {
    return "Cannot measure: fping ended without a word; it does so where /etc/protocols is missing";
  }
  if (code === 3) {
    return "Cannot measure: fping does not know its arguments; version 5.1 or newer is needed";
  }
  return "fping ended and is started again";
}
