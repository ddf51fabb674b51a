/** The totals of one pair: this node and one destination. @module */

import type { Outcome } from "../fping/outcome.ts";
import { icmpErrorTypes } from "../metrics/families.ts";
import type { IcmpErrorType } from "../metrics/families.ts";
import { LossRun } from "./loss_run.ts";
import type { LossRunEvent } from "./loss_run.ts";
import { RttHistogram } from "./rtt_histogram.ts";
import { RttWindow } from "./rtt_window.ts";

/** Settings of {@linkcode PairTotals}. */
export interface PairTotalsOptions {
  /** Window of the smallest, the largest and the deviation of round-trip times. */
  readonly windowMs: number;
  /** Time between two probes. */
  readonly periodMs: number;
  /** Longer without an outcome is time not measured, which ends a run of lost probes. */
  readonly maxSilenceMs: number;
  /** Whether the pair keeps a distribution of its own. */
  readonly distribution: boolean;
}

type ProbeOutcome = Extract<Outcome, { sentAtSeconds: number }>;

const nothing: readonly LossRunEvent[] = [];
const noIcmpErrors: ReadonlyMap<IcmpErrorType, number> = new Map(
  icmpErrorTypes.map((type) => [type, 0]),
);

/** Counts outcomes from the first probe of a destination to its end, over any number of reloads. */
export class PairTotals {
  /** nodeping_probes_sent_total. */
  sent = 0;
  /** nodeping_probes_received_total. */
  received = 0;
  /** nodeping_rtt_seconds_total. */
  rttSumSeconds = 0;
  /** nodeping_duplicates_total. */
  duplicates = 0;
  /** nodeping_send_failures_total. */
  sendFailures = 0;
  /** nodeping_loss_bursts_total. */
  lossBursts = 0;
  /** Round-trip times of the last seconds. */
  readonly window: RttWindow;
  /** Undefined where no histogram a pair is asked for. */
  readonly distribution: RttHistogram | undefined;
  readonly #maxSilenceMs: number;
  #latestMs = -Infinity;
  /** The lost probes since the last answer, if any: most pairs have none. */
  #run: LossRun | undefined;
  #icmpErrors: Map<IcmpErrorType, number> | undefined;

  /** Starts at 0. */
  constructor(options: PairTotalsOptions) {
    this.window = new RttWindow(options.windowMs, options.windowMs / options.periodMs);
    this.distribution = options.distribution ? new RttHistogram() : undefined;
    this.#maxSilenceMs = options.maxSilenceMs;
  }

  /** Count of each type of ICMP error. */
  get icmpErrors(): ReadonlyMap<IcmpErrorType, number> {
    return this.#icmpErrors ?? noIcmpErrors;
  }

  /** Counts one outcome, known at the given monotonic time; returns what is to be logged. */
  record(outcome: Outcome, nowMs: number): readonly LossRunEvent[] {
    switch (outcome.kind) {
      case "duplicate":
        this.duplicates++;
        return nothing;
      case "late_line":
        this.#receive(outcome.rttSeconds, nowMs);
        return nothing;
      case "reply":
        this.sent++;
        this.#receive(outcome.rttSeconds, nowMs);
        return this.#follow(nowMs, outcome);
      case "refused":
        this.sendFailures++;
        break;
      case "lost":
        break;
    }
    this.sent++;
    return this.#follow(nowMs, outcome);
  }

  /** Counts an ICMP error. */
  recordIcmpError(type: IcmpErrorType): void {
    this.#icmpErrors ??= new Map(noIcmpErrors);
    this.#icmpErrors.set(type, (this.#icmpErrors.get(type) ?? 0) + 1);
  }

  /** The pair is measured no more; returns the loss burst that it ends. */
  end(): LossRunEvent | undefined {
    return this.#run?.end();
  }

  #receive(rttSeconds: number, nowMs: number): void {
    this.received++;
    this.rttSumSeconds += rttSeconds;
    this.window.add(rttSeconds, nowMs);
    this.distribution?.observe(rttSeconds);
  }

  #follow(nowMs: number, outcome: ProbeOutcome): readonly LossRunEvent[] {
    const silent = nowMs - this.#latestMs > this.#maxSilenceMs;
    this.#latestMs = nowMs;
    if (outcome.kind === "reply" && this.#run === undefined) return nothing;
    const run = this.#run ?? new LossRun();
    const events = [
      silent ? run.end() : undefined,
      outcome.kind === "reply"
        ? run.answered(outcome.sentAtSeconds)
        : run.lost(outcome.sentAtSeconds),
    ].filter((event) => event !== undefined);
    this.#run = outcome.kind === "reply" ? undefined : run;
    this.lossBursts += events.filter((event) => event.kind === "burst_begun").length;
    return events;
  }
}
