/** The totals of one pair, this node and one destination: counters, loss bursts, a distribution. @module */

import type { Outcome } from "../fping/ledger.ts";
import { icmpErrorTypes } from "../fping/output.ts";
import type { IcmpErrorType } from "../fping/output.ts";
import type { PathMtu } from "./path_mtu.ts";

/** Upper bounds of the round-trip time histograms, in seconds: 50 us to 1 s. */
export const rttBucketsSeconds = [
  0.00005,
  0.0001,
  0.00025,
  0.0005,
  0.001,
  0.0025,
  0.005,
  0.01,
  0.025,
  0.05,
  0.1,
  0.25,
  0.5,
  1,
] as const;

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

const noEvents: readonly LossRunEvent[] = [];
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
  /** What is known of its path MTU; undefined where that is not measured. */
  pathMtu: Pick<PathMtu, "bytes" | "blackHole"> | undefined;
  /** Undefined where no histogram a pair is asked for. */
  readonly distribution: RttHistogram | undefined;
  readonly #maxSilenceMs: number;
  #latestMs = -Infinity;
  /** The lost probes since the last answer, if any: most pairs have none. */
  #lossRun: LossRun | undefined;
  #icmpErrors = noIcmpErrors;

  /** Starts at 0. */
  constructor(options: PairTotalsOptions) {
    this.window = new RttWindow(options.windowMs, options.windowMs / options.periodMs);
    this.distribution = options.distribution ? new RttHistogram() : undefined;
    this.#maxSilenceMs = options.maxSilenceMs;
  }

  /** Count of each type of ICMP error; another map after each of them. */
  get icmpErrors(): ReadonlyMap<IcmpErrorType, number> {
    return this.#icmpErrors;
  }

  /** Counts one outcome, known at the given monotonic time; returns what is to be logged. */
  record(outcome: Outcome, nowMs: number): readonly LossRunEvent[] {
    switch (outcome.kind) {
      case "duplicate":
        this.duplicates++;
        return noEvents;
      case "late_reply":
        this.#receive(outcome.rttSeconds, nowMs);
        return noEvents;
      case "reply":
        this.sent++;
        this.#receive(outcome.rttSeconds, nowMs);
        return this.#trackLossRun(nowMs, outcome);
      case "refused":
        this.sendFailures++;
        break;
      case "lost":
        break;
    }
    this.sent++;
    return this.#trackLossRun(nowMs, outcome);
  }

  /** Counts an ICMP error. */
  recordIcmpError(type: IcmpErrorType): void {
    const count = (this.#icmpErrors.get(type) ?? 0) + 1;
    this.#icmpErrors = new Map([...this.#icmpErrors, [type, count]]);
  }

  /** The pair is measured no more; returns the loss burst that it ends. */
  end(): LossRunEvent | undefined {
    return this.#lossRun?.end();
  }

  #receive(rttSeconds: number, nowMs: number): void {
    this.received++;
    this.rttSumSeconds += rttSeconds;
    this.window.add(rttSeconds, nowMs);
    this.distribution?.observe(rttSeconds);
  }

  #trackLossRun(nowMs: number, outcome: ProbeOutcome): readonly LossRunEvent[] {
    const wasSilent = nowMs - this.#latestMs > this.#maxSilenceMs;
    this.#latestMs = nowMs;
    if (outcome.kind === "reply" && this.#lossRun === undefined) return noEvents;
    const run = this.#lossRun ?? new LossRun();
    const events = [
      wasSilent ? run.end() : undefined,
      outcome.kind === "reply"
        ? run.answered(outcome.sentAtSeconds)
        : run.lost(outcome.sentAtSeconds),
    ].filter((event) => event !== undefined);
    this.#lossRun = outcome.kind === "reply" ? undefined : run;
    this.lossBursts += events.filter((event) => event.kind === "burst_begun").length;
    return events;
  }
}

/** A run of at least {@linkcode burstLength} lost probes. Times are wall clock, in seconds. */
export interface LossBurst {
  /** When the first lost probe was sent. */
  readonly startedAtSeconds: number;
  /** From the first lost probe to the latest, or to the answer that ended the run. */
  readonly durationSeconds: number;
  /** Lost probes in a row, so far. */
  readonly probesLost: number;
}

/** What the latest probe made of the run. */
export type LossRunEvent =
  /** The third probe in a row was lost. */
  | { readonly kind: "burst_begun" }
  /** The burst has lasted {@linkcode lastingSeconds}. */
  | { readonly kind: "burst_lasting"; readonly burst: LossBurst }
  /** A reply ended the burst. */
  | { readonly kind: "burst_ended"; readonly burst: LossBurst };

/** How many probes in a row must be lost to make a burst. */
export const burstLength = 3;

/** How long a burst lasts before it is reported while it goes on. */
export const lastingSeconds = 5;

/** The current run of lost probes of one pair. */
export class LossRun {
  #lost = 0;
  #startedAtSeconds = 0;
  #latestAtSeconds = 0;
  #reportedLasting = false;

  /** A probe was lost. */
  lost(sentAtSeconds: number): LossRunEvent | undefined {
    if (this.#lost === 0) this.#startedAtSeconds = sentAtSeconds;
    this.#latestAtSeconds = sentAtSeconds;
    this.#lost++;
    if (this.#lost === burstLength) return { kind: "burst_begun" };
    if (this.#lost < burstLength || this.#reportedLasting) return undefined;
    if (sentAtSeconds - this.#startedAtSeconds < lastingSeconds) return undefined;
    this.#reportedLasting = true;
    return { kind: "burst_lasting", burst: this.#burst() };
  }

  /** A probe was answered. */
  answered(sentAtSeconds: number): LossRunEvent | undefined {
    this.#latestAtSeconds = Math.max(this.#latestAtSeconds, sentAtSeconds);
    return this.end();
  }

  /** The run is over, or nothing is known of what came after it. */
  end(): LossRunEvent | undefined {
    const burst = this.#burst();
    this.#lost = 0;
    this.#reportedLasting = false;
    return burst.probesLost < burstLength ? undefined : { kind: "burst_ended", burst };
  }

  #burst(): LossBurst {
    return {
      startedAtSeconds: this.#startedAtSeconds,
      durationSeconds: Math.max(0, this.#latestAtSeconds - this.#startedAtSeconds),
      probesLost: this.#lost,
    };
  }
}

/** Counts of round-trip times by bucket. */
export class RttHistogram {
  /** Count of each bucket of {@linkcode rttBucketsSeconds}, not cumulated; the last is +Inf. */
  readonly counts = new Float64Array(rttBucketsSeconds.length + 1);
  /** Sum of all round-trip times, in seconds. */
  sumSeconds = 0;

  /** Adds one round-trip time. */
  observe(rttSeconds: number): void {
    let bucket = 0;
    while (rttSeconds > (rttBucketsSeconds[bucket] ?? Infinity)) bucket++;
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.sumSeconds += rttSeconds;
  }
}

/** Statistics of the round-trip times in a window, in seconds. */
export interface RttStatistics {
  /** Shortest. */
  readonly minSeconds: number;
  /** Longest. */
  readonly maxSeconds: number;
  /** Population standard deviation, as fping's and ping's mdev. */
  readonly stddevSeconds: number;
}

/** fping prints whole microseconds. */
const microsecond = 1e-6;

/**
 * The round-trip times of the last `windowMs`, in a ring that grows as far as the window asks.
 * An entry is two whole numbers: when, in milliseconds modulo 2^32, and how long, in
 * microseconds. They stand side by side, since with 1,000 pairs a probe costs little but the
 * memory that it touches.
 */
export class RttWindow {
  readonly #windowMs: number;
  #entries: Uint32Array;
  #first = 0;
  #count = 0;
  /** Of what is in the window; undefined when it has changed since it was asked for. */
  #statistics: RttStatistics | undefined;

  /**
   * `expected` is how many fit into the window at most, as a rule: there is room for them at once.
   */
  constructor(windowMs: number, expected: number) {
    this.#windowMs = windowMs;
    this.#entries = new Uint32Array(2 * (Math.ceil(expected) + 1));
  }

  /** Adds a round-trip time received at the given monotonic time. */
  add(rttSeconds: number, atMs: number): void {
    if (2 * this.#count === this.#entries.length) this.#expire(atMs);
    if (2 * this.#count === this.#entries.length) this.#grow();
    const place = 2 * (this.#first + this.#count) % this.#entries.length;
    this.#entries[place] = Math.round(atMs);
    this.#entries[place + 1] = Math.round(rttSeconds / microsecond);
    this.#count++;
    this.#statistics = undefined;
  }

  /** Statistics at the given monotonic time; undefined when the window is empty. */
  statistics(nowMs: number): RttStatistics | undefined {
    this.#expire(nowMs);
    if (this.#count === 0) return undefined;
    return this.#statistics ??= this.#compute();
  }

  /** By the differences to the smallest, whose sums are whole numbers, so that nothing is lost. */
  #compute(): RttStatistics {
    const entries = this.#entries;
    const end = 2 * (this.#first + this.#count);
    let min = Infinity;
    let max = 0;
    for (let at = 2 * this.#first; at < end; at += 2) {
      const rtt = entries[at % entries.length + 1] ?? 0;
      if (rtt < min) min = rtt;
      if (rtt > max) max = rtt;
    }
    let sum = 0;
    let squares = 0;
    for (let at = 2 * this.#first; at < end; at += 2) {
      const above = (entries[at % entries.length + 1] ?? 0) - min;
      sum += above;
      squares += above * above;
    }
    const variance = (squares - sum * sum / this.#count) / this.#count;
    return {
      minSeconds: min / 1e6,
      maxSeconds: max / 1e6,
      stddevSeconds: Math.round(Math.sqrt(Math.max(0, variance)) * 1e3) / 1e9,
    };
  }

  #expire(nowMs: number): void {
    const now = Math.round(nowMs);
    while (this.#count > 0 && now - (this.#entries[2 * this.#first] ?? 0) >>> 0 >= this.#windowMs) {
      this.#first = (this.#first + 1) % (this.#entries.length / 2);
      this.#count--;
      this.#statistics = undefined;
    }
  }

  #grow(): void {
    const old = this.#entries;
    this.#entries = new Uint32Array(2 * old.length);
    this.#entries.set(old.subarray(2 * this.#first));
    this.#entries.set(old.subarray(0, 2 * this.#first), old.length - 2 * this.#first);
    this.#first = 0;
  }
}
