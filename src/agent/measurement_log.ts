/** What the agent logs of its measuring, in words that say what to do, and how often at most. @module */

import type { FpingRestartReason, RunEnd } from "../fping/process.ts";
import type { LossRunEvent } from "../pairs/pair.ts";
import { LogLimit } from "../platform/log.ts";
import type { Log, LogAt, LogFields } from "../platform/log.ts";
import type { ExitStatus } from "../platform/process.ts";
import { errorMessage } from "../platform/terminal.ts";
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

/** Logs what fping does, and loss bursts; `held_back` counts the lines that were one too many. */
export class MeasurementLog {
  readonly #options: MeasurementLogOptions;
  readonly #limits = {
    bursts: new LogLimit(50, 10_000),
    fping: new LogLimit(5, 60_000),
    // A hundred processes may end together: where a privilege is missing, again every 30 s.
    ends: new LogLimit(20, 60_000),
    measuring: new LogLimit(5, 60_000),
    names: new LogLimit(20, 60_000),
    own: new LogLimit(20, 60_000),
    interfaces: new LogLimit(1, 3_600_000),
  };

  #saidMeasuring = false;

  /** Logs nothing by itself. */
  constructor(options: MeasurementLogOptions) {
    this.#options = options;
  }

  /** A line of fping that is no outcome. */
  unparsedLine(line: string): void {
    this.#emit(this.#limits.fping, "warn", "Cannot read a line of fping", { line });
  }

  /** What fping wrote to stderr. */
  fpingMessage(text: string): void {
    this.#emit(this.#limits.fping, "warn", "fping reports an error", { text });
  }

  /** Every process has had a reply since its start: what was logged before is over, and said so once. */
  measuring(): void {
    if (this.#saidMeasuring) return;
    const message = "This node measures: each fping has had a reply";
    this.#saidMeasuring = this.#emit(this.#limits.measuring, "info", message);
  }

  /** A process that sends and gets no reply. */
  fpingNoReplies(version: string | undefined): void {
    this.#saidMeasuring = false;
    this.#emit(this.#limits.ends, "error", explainNoReplies(version));
  }

  /** The end of a process that nobody asked for; returns the reason to count. */
  fpingEnded(end: Exclude<RunEnd, { kind: "stopped" }>, waitMs: number): FpingRestartReason {
    const { reason, message, fields } = explainEnd(end, this.#options.fping);
    this.#saidMeasuring = false;
    this.#emit(this.#limits.ends, "error", message, { ...fields, next_start_in_ms: waitMs });
    return reason;
  }

  /** A loss burst that goes on or has ended. */
  lossRun(destination: Destination, event: LossRunEvent): void {
    if (event.kind === "burst_begun") return;
    const { burst } = event;
    const lasts = event.kind === "burst_lasting";
    const message = lasts ? "A loss burst goes on" : "A loss burst ended";
    this.#emit(this.#limits.bursts, "warn", message, {
      source: this.#options.node,
      destination: destination.name,
      address: destination.address,
      start: new Date(burst.startedAtSeconds * 1000).toISOString(),
      duration_s: Math.round(burst.durationSeconds * 1000) / 1000,
      probes_lost: burst.probesLost,
    });
  }

  /** A name that does not resolve now. */
  unresolved(host: string, error: unknown, inUse: string | undefined): void {
    const message = inUse === undefined
      ? "Cannot resolve a destination, which is not measured: check its name in the node list, and " +
        "this node's DNS"
      : "Cannot resolve a destination: its last address stays in use";
    const cause = errorMessage(error);
    this.#emit(this.#limits.names, "warn", message, { host, address: inUse, cause });
  }

  /** Destinations that are not probed since they are at addresses of this machine. */
  ownAddresses(own: readonly Destination[]): void {
    for (const { kind, name, address } of own) {
      const isNode = kind === "node";
      const message = isNode
        ? "A node of the list has an address of this machine, and is not probed: give each node an " +
          "address of its own (nodePing.addressType, the kubelet's --node-ip)"
        : "An external target is at an address of this machine, and is not probed while it is";
      const level = isNode ? "warn" : "info";
      this.#emit(this.#limits.own, level, message, { destination: name, address });
    }
  }

  /** Without them an address of this machine is taken for another node's. */
  interfacesUnreadable(error: unknown): void {
    const message =
      "Cannot read the interfaces of this machine: entries at its addresses are probed";
    this.#emit(this.#limits.interfaces, "warn", message, { cause: errorMessage(error) });
  }

  #emit(
    limit: LogLimit,
    level: "info" | "warn" | "error",
    message: string,
    fields: LogFields = {},
  ): boolean {
    const held = limit.pass(this.#options.monotonicMs());
    if (held === undefined) return false;
    const at: LogAt = this.#options.log[level];
    at(message, { ...fields, held_back: held || undefined });
    return true;
  }
}

/** A log line, and the reason that is counted. */
export interface EndExplanation {
  /** Value of the label `reason` of nodeping_agent_fping_restarts_total. */
  readonly reason: FpingRestartReason;
  /** What happened and what to do about it. */
  readonly message: string;
  /** The evidence: exit code, fping's last message. */
  readonly fields: LogFields;
}

/** Explains the end of a run that nobody asked for. */
export function explainEnd(
  end: Exclude<RunEnd, { kind: "stopped" }>,
  fping: string,
): EndExplanation {
  switch (end.kind) {
    case "start_failed":
      return {
        reason: "start_failed",
        message: end.error instanceof Deno.errors.NotFound
          ? "Cannot start fping: install it, or say where it is with --fping"
          : "Cannot start fping",
        fields: { fping, cause: String(end.error) },
      };
    case "silent":
      return {
        reason: "silent",
        message:
          "fping has printed nothing for too long and is restarted; this is not loss. When it " +
          "goes on, look for a filter that refuses even this node's pings of itself",
        fields: { silent_ms: end.silentMs },
      };
    case "clock_step":
      return {
        reason: "clock_step",
        message: "The clock stepped: fping, which times probes by it, is restarted",
        fields: { step_ms: end.stepMs },
      };
    case "wrong_source":
      return {
        reason: "wrong_source",
        message:
          "A reply came from an address that was not probed: another process uses the same " +
          "ICMP identifier, so fping is restarted under another one. When it goes on, a " +
          "destination answers from another address; fping 5.3 or newer drops such replies",
        fields: { address: end.address },
      };
    case "exited":
      return {
        reason: "exited",
        message: explainExit(end.status, end.message),
        fields: {
          code: end.status.signal === null ? end.status.code : undefined,
          signal: end.status.signal ?? undefined,
          said: end.message === "" ? undefined : end.message,
        },
      };
  }
}

/** Explains an fping that runs and gets no reply at all; 5.1 is so on every ping socket. */
export function explainNoReplies(version: string | undefined): string {
  const filter = "look for a filter that drops ICMP on this node, and for " +
    "net.ipv4.icmp_echo_ignore_all=1";
  const cause = version === "5.0" || version === "5.1"
    ? `fping ${version} receives nothing without the capability NET_RAW: give it, or use 5.2 or ` +
      `newer; where it has it, ${filter}`
    : filter;
  return `Cannot measure: no reply has come, not even from this node itself; ${cause}`;
}

/** fping's exit codes: 1 some unreachable, 2 bad address, 3 bad arguments, 4 system call failed. */
function explainExit({ code, signal }: ExitStatus, said: string): string {
  if (signal === "SIGKILL") {
    return "fping was killed and is restarted: most often the kernel was out of memory, so raise the " +
      "memory limit";
  }
  if (code === 4 && /socket/.test(said)) {
    return "Cannot measure: fping may not open a socket; give the pod the capability NET_RAW, or " +
      "let net.ipv4.ping_group_range include its group";
  }
  if (code === 4 && said === "") {
    return "Cannot measure: fping ended without a message; it does so where /etc/protocols is missing";
  }
  if (code === 3) {
    return "Cannot measure: fping does not know its arguments; version 5.1 or newer is needed";
  }
  return "fping ended and is restarted";
}
