/** What the agent tells of its measuring; no storm of like events fills its log. @module */

import type { RunEnd } from "../fping/run.ts";
import type { LossRunEvent } from "../probes/loss_run.ts";
import type { Log, LogAt, LogFields } from "../shell/log.ts";
import { LogLimit } from "../shell/log_limit.ts";
import type { Destination } from "../targets/destination.ts";
import { explainDeafness, explainEnd } from "./explain.ts";
import type { FpingRestartReason } from "../metrics/families.ts";

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
    this.#tell(this.#limits.fping, "warn", "Cannot read a line of fping", { line });
  }

  /** What fping wrote to stderr. */
  fpingMessage(text: string): void {
    this.#tell(this.#limits.fping, "warn", "fping complains", { text });
  }

  /** A process that sends and hears nobody. */
  fpingDeaf(version: string | undefined): void {
    this.#tell(this.#limits.ends, "error", explainDeafness(version));
  }

  /** The end of a process that nobody asked for; returns the reason to count. */
  fpingEnded(end: Exclude<RunEnd, { kind: "stopped" }>, waitMs: number): FpingRestartReason {
    const { reason, message, fields } = explainEnd(end, this.#options.fping);
    this.#tell(this.#limits.ends, "error", message, { ...fields, next_start_in_ms: waitMs });
    return reason;
  }

  /** A loss burst that goes on or has ended. */
  lossRun(destination: Destination, event: LossRunEvent): void {
    if (event.kind === "burst_begun") return;
    const { burst } = event;
    const lasts = event.kind === "burst_lasting";
    const message = lasts ? "Probes go on being lost" : "A loss burst ended";
    this.#tell(this.#limits.bursts, "warn", message, {
      source: this.#options.node,
      destination: destination.name,
      address: destination.address,
      start: new Date(burst.startedAtSeconds * 1000).toISOString(),
      duration_s: Math.round(burst.durationSeconds * 1000) / 1000,
      probes_lost: burst.probesLost,
    });
  }

  #tell(limit: LogLimit, level: "warn" | "error", message: string, fields: LogFields = {}): void {
    const held = limit.pass(this.#options.monotonicMs());
    if (held === undefined) return;
    const at: LogAt = this.#options.log[level];
    at(message, { ...fields, held_back: held || undefined });
  }
}
