/** What agents counted, in steps of one reading each: the mesh over any window, and each pair's last minutes. @module */

import type { AgentReading } from "../mesh/agents.ts";
import { buildMesh, withNodeObjects } from "../mesh/mesh.ts";
import type { Mesh, MissingReport } from "../mesh/mesh.ts";
import { pairKey } from "../mesh/source_report.ts";
import type { DestinationTotals, SourceReport } from "../mesh/source_report.ts";

/** A reading of all agents, and when it was made. */
export interface TimedReading extends Pick<AgentReading, "reports" | "missing"> {
  /** Wall time in milliseconds. */
  readonly atMs: number;
  /** The clock that never steps; it goes on while the machine sleeps. */
  readonly monotonicMs: number;
  /** Names of the cluster's nodes; absent where nobody could say. */
  readonly nodeNames?: readonly string[];
}

/** One address of one destination, as one source probes it. */
export interface RecordedPair {
  /** Node that probes. */
  readonly source: string;
  /** Node that is probed, or name of the external target. */
  readonly destination: string;
  /** IP address, or host name. */
  readonly address: string;
  /** As in the report. */
  readonly kind: DestinationTotals["kind"];
}

/** What became of the probes between two readings; an array's index is a pair's. */
interface Step {
  readonly atMs: number;
  readonly monotonicMs: number;
  readonly sent: Uint16Array;
  readonly lost: Uint16Array;
  /** Seconds, summed over the received. */
  readonly rttSum: Float32Array;
  readonly missing: readonly MissingReport[];
  /** The sources that reported, and what they said of themselves. */
  readonly sources: ReadonlyMap<string, Pick<SourceReport, "measuring" | "addresses">>;
  readonly nodeNames: readonly string[];
}

/** Sums over several steps, by pair. */
interface Sums {
  readonly sent: Float64Array;
  readonly lost: Float64Array;
  /** Seconds, summed over the received. */
  readonly rttSum: Float64Array;
}

/** What is known of a pair beside its steps. */
interface LastTotals {
  /** Of its source's last report that had it. */
  readonly totals: DestinationTotals;
  /** The number of that step. */
  readonly step: number;
  /** The step before which nothing counts. */
  from: number;
}

/** Sums of some pairs over some steps. */
export interface Tally {
  /** Probes whose outcome is known. */
  readonly sent: number;
  /** Of these the lost. */
  readonly lost: number;
  /** Steps in which any was lost. */
  readonly lossySteps: number;
}

/** One pair's last minutes; the arrays are of equal length, one element a reading. */
export interface Trace {
  /** Wall time in milliseconds. */
  readonly at: readonly number[];
  /** 0 to 1; null where nothing was measured. */
  readonly loss: readonly (number | null)[];
  /** Mean in seconds; null where nothing was received. */
  readonly rttSeconds: readonly (number | null)[];
}

/** Kept steps, at most: half an hour of readings two seconds apart. */
const maxSteps = 900;
/** Kept pairs times steps, at most, of 8 bytes each: 1,000 nodes of 64 peers keep four minutes. */
const maxCells = 8_000_000;
/** Destinations of one source that were ever seen, at most: an agent that makes up names fills no memory. */
const maxPairsOfSource = 20_000;
/** After three intervals, and so long, without its report a source begins anew: that was not "now". */
const minGapMs = 20_000;

/** Takes readings and gives windows; the newest step is the one with the highest index. */
export class Recorder {
  readonly #index = new Map<string, Map<string, number>>();
  #pairs: RecordedPair[] = [];
  /** By pair. */
  #last: LastTotals[] = [];
  readonly #answeredMs = new Map<string, number>();
  /** Of each source the last report, and the pair of each of its totals. */
  readonly #reports = new Map<string, {
    readonly report: SourceReport;
    readonly pairs: readonly (number | undefined)[];
  }>();
  #steps: Step[] = [];
  /** Steps that were made, of which the last ones are kept. */
  #made = 0;
  #generation = 0;
  readonly #maxGapMs: number;

  /** For readings so far apart. */
  constructor(intervalMs: number) {
    this.#maxGapMs = Math.max(minGapMs, 3 * intervalMs);
  }

  /** Every pair of the kept steps, and some before; the index of a pair stays within a generation. */
  get pairs(): readonly RecordedPair[] {
    return this.#pairs;
  }

  /** Rises when pairs were forgotten: indexes from before mean other pairs now. */
  get generation(): number {
    return this.#generation;
  }

  /** Wall times of the kept steps, ascending. */
  get times(): readonly number[] {
    return this.#steps.map(({ atMs }) => atMs);
  }

  /** Adds a reading as one more step; the first reading of a source only begins its counting. */
  add({ reports, missing, atMs, monotonicMs, nodeNames = [] }: TimedReading): void {
    const counted: { pair: number; sent: number; lost: number; rttSum: number }[] = [];
    const begun = new Set<string>();
    for (const report of reports) {
      const answeredMs = this.#answeredMs.get(report.source);
      const isNew = answeredMs === undefined || monotonicMs - answeredMs > this.#maxGapMs;
      if (isNew) begun.add(report.source);
      this.#answeredMs.set(report.source, monotonicMs);
      const pairs = report.totals.map((totals) => {
        const pair = this.#pairOf(report.source, totals);
        const made = pair === undefined ? undefined : this.#count(pair, totals, isNew);
        if (made !== undefined) counted.push(made);
        return pair;
      });
      this.#reports.set(report.source, { report, pairs });
    }
    const size = this.#pairs.length;
    const step: Step = {
      ...{ atMs, monotonicMs, missing, nodeNames },
      sources: new Map(
        reports.map(({ source, measuring, addresses }) => [
          source,
          addresses === undefined ? { measuring } : { measuring, addresses },
        ]),
      ),
      sent: new Uint16Array(size),
      lost: new Uint16Array(size),
      rttSum: new Float32Array(size),
    };
    for (const { pair, sent, lost, rttSum } of counted) {
      // Prometheus extrapolates: its counts have fractions.
      step.sent[pair] = Math.min(Math.round(sent), 65_535);
      step.lost[pair] = Math.min(Math.round(lost), 65_535);
      step.rttSum[pair] = rttSum;
    }
    this.#steps.push(step);
    this.#made++;
    if (begun.size > 0) this.#restartBeside(begun);
    const kept = Math.max(3, Math.min(maxSteps, Math.floor(maxCells / Math.max(1, size))));
    if (this.#steps.length > kept) this.#steps.splice(0, this.#steps.length - kept);
    this.#forget();
  }

  /** Pairs of nodes that left would take the steps of the others: a quarter goes, each time for 0.5 s at 64,000. */
  #forget(): void {
    const oldest = this.#numberOf(0);
    let left = 0;
    for (const { step } of this.#last) if (step < oldest) left++;
    if (left === 0 || 4 * left < this.#pairs.length) return;
    const kept = this.#last.flatMap(({ step }, pair) => step < oldest ? [] : [pair]);
    this.#generation++;
    const placeOf = new Map(kept.map((pair, place) => [pair, place]));
    this.#pairs = kept.flatMap((pair) => this.#pairs[pair] ?? []);
    this.#last = kept.flatMap((pair) => this.#last[pair] ?? []);
    this.#steps = this.#steps.map((step) => {
      const there = kept.filter((pair) => pair < step.sent.length);
      return {
        ...step,
        sent: Uint16Array.from(there, (pair) => step.sent[pair] ?? 0),
        lost: Uint16Array.from(there, (pair) => step.lost[pair] ?? 0),
        rttSum: Float32Array.from(there, (pair) => step.rttSum[pair] ?? 0),
      };
    });
    for (const [source, ofSource] of this.#index) {
      for (const [key, pair] of ofSource) {
        const place = placeOf.get(pair);
        if (place === undefined) ofSource.delete(key);
        else ofSource.set(key, place);
      }
      if (ofSource.size === 0) this.#index.delete(source);
    }
    for (const [source, { report, pairs }] of this.#reports) {
      this.#reports.set(source, { report, pairs: pairs.map((pair) => placeOf.get(pair ?? -1)) });
      if (this.#steps.some(({ sources }) => sources.has(source))) continue;
      this.#reports.delete(source);
      this.#answeredMs.delete(source);
    }
  }

  /**
   * Where a source begins anew, what others lost of it counts from now, too: a row of seconds beside a
   * column of minutes would look like a destination that alone is at fault.
   */
  #restartBeside(begun: ReadonlySet<string>): void {
    this.restart(
      this.#pairs.flatMap(({ source, destination, kind }, pair) =>
        kind === "node" && begun.has(destination) && !begun.has(source) ? [pair] : []
      ),
    );
  }

  #pairOf(source: string, { kind, address, destination }: DestinationTotals): number | undefined {
    let ofSource = this.#index.get(source);
    if (ofSource === undefined) this.#index.set(source, ofSource = new Map());
    const key = pairKey(kind, address, destination);
    const known = ofSource.get(key);
    if (known !== undefined || ofSource.size >= maxPairsOfSource) return known;
    const pair = this.#pairs.push({ source, destination, address, kind }) - 1;
    ofSource.set(key, pair);
    return pair;
  }

  /** A counter that went back was reset by a restart, and a new destination begins at 0. */
  #count(
    pair: number,
    totals: DestinationTotals,
    isNew: boolean,
  ): { pair: number; sent: number; lost: number; rttSum: number } | undefined {
    const { sent, received, rttSumSeconds = 0 } = totals;
    const last = this.#last[pair];
    const isReset = last === undefined || sent < last.totals.sent ||
      received < last.totals.received;
    const before = isReset ? { sent: 0, received: 0, rttSumSeconds: 0 } : last.totals;
    this.#last[pair] = { totals, step: this.#made, from: last?.from ?? 0 };
    if (isNew) return undefined;
    const made = Math.max(0, sent - before.sent);
    return {
      ...{ pair, sent: made, lost: Math.max(0, made - (received - before.received)) },
      rttSum: Math.max(0, rttSumSeconds - (before.rttSumSeconds ?? 0)),
    };
  }

  /** Steps, from the first to the last, that cover the time up to a moment (now if left out). */
  #range(windowMs: number, untilMs?: number): { first: number; last: number } {
    let last = this.#steps.length - 1;
    while (untilMs !== undefined && last > 0 && (this.#steps[last]?.atMs ?? 0) > untilMs) last--;
    const endMs = this.#steps[last]?.monotonicMs ?? 0;
    let first = last;
    // A step reaches back to the one before it.
    while (first > 1 && endMs - (this.#steps[first - 1]?.monotonicMs ?? 0) < windowMs) first--;
    return { first: Math.max(0, first), last };
  }

  /** How long a window of at least this time really is, in milliseconds; shorter at the beginning. */
  windowMs(windowMs: number, untilMs?: number): number {
    const { first, last } = this.#range(windowMs, untilMs);
    const [before, end] = [this.#steps[Math.max(0, first - 1)], this.#steps[last]];
    return before === undefined || end === undefined ? 0 : end.monotonicMs - before.monotonicMs;
  }

  /**
   * The mesh over the last of at least the given time, before a moment. Where `sinceRestart` is set, a
   * pair counts only since its {@linkcode restart}.
   */
  window(windowMs: number, { untilMs, sinceRestart }: WindowOptions = {}): Mesh {
    const { first, last } = this.#range(windowMs, untilMs);
    const sums = this.#sum(first, last, sinceRestart ?? false);
    const { sources = [], missing = [], nodeNames = [] } = this.#steps[last] ?? {};
    const reports = [...sources].flatMap(([source, said]): SourceReport | [] => {
      const { report } = this.#reports.get(source) ?? {};
      if (report === undefined) return [];
      const totals = this.#totalsAt(last, source, sums).map(([totals, pair = -1]) => {
        const sent = sums.sent[pair] ?? 0;
        return {
          ...totals,
          sent,
          received: sent - (sums.lost[pair] ?? 0),
          ...(totals.rttSumSeconds === undefined ? {} : { rttSumSeconds: sums.rttSum[pair] ?? 0 }),
        };
      });
      return { ...report, ...said, totals };
    });
    return withNodeObjects(buildMesh(reports, missing, "no agent runs on it"), nodeNames);
  }

  /** The destinations that a source had at a step: those of its last report, or more or less of them. */
  #totalsAt(
    place: number,
    source: string,
    { sent }: Sums,
  ): readonly (readonly [DestinationTotals, pair: number | undefined])[] {
    const { report, pairs = [] } = this.#reports.get(source) ?? {};
    const newest = report?.totals.map((totals, nth) => [totals, pairs[nth]] as const) ?? [];
    if (place === this.#steps.length - 1) return newest;
    const known = this.#steps[place]?.sent.length ?? 0;
    const now = new Set(pairs);
    const former = [...this.#index.get(source)?.values() ?? []].flatMap((pair) => {
      const totals = this.#last[pair]?.totals;
      return totals === undefined || now.has(pair) || !(sent[pair] ?? 0)
        ? []
        : [[totals, pair] as const];
    });
    return [...newest.filter(([, pair = -1]) => pair < known), ...former];
  }

  #sum(first: number, last: number, sinceRestart: boolean): Sums {
    const size = this.#pairs.length;
    const sent = new Float64Array(size);
    const lost = new Float64Array(size);
    const rttSum = new Float64Array(size);
    const from = Int32Array.from(this.#last, (one) => sinceRestart ? one.from : 0);
    for (let place = first; place <= last; place++) {
      const step = this.#steps[place];
      if (step === undefined) continue;
      const number = this.#numberOf(place);
      for (let pair = 0; pair < step.sent.length; pair++) {
        if ((from[pair] ?? 0) > number) continue;
        sent[pair] = (sent[pair] ?? 0) + (step.sent[pair] ?? 0);
        lost[pair] = (lost[pair] ?? 0) + (step.lost[pair] ?? 0);
        rttSum[pair] = (rttSum[pair] ?? 0) + (step.rttSum[pair] ?? 0);
      }
    }
    return { sent, lost, rttSum };
  }

  /** Adds up some pairs over the last of the time. */
  tally(pairs: readonly number[], windowMs: number): Tally {
    const { first, last } = this.#range(windowMs);
    let [sent, lost, lossySteps] = [0, 0, 0];
    for (let place = first; place <= last; place++) {
      const step = this.#steps[place];
      const number = this.#numberOf(place);
      let ofStep = 0;
      for (const pair of pairs) {
        if ((this.#last[pair]?.from ?? 0) > number) continue;
        sent += step?.sent[pair] ?? 0;
        ofStep += step?.lost[pair] ?? 0;
      }
      lost += ofStep;
      if (ofStep > 0) lossySteps++;
    }
    return { sent, lost, lossySteps };
  }

  /** What these pairs lost up to now accuses nobody any more. */
  restart(pairs: readonly number[]): void {
    for (const pair of pairs) {
      const last = this.#last[pair];
      if (last) last.from = this.#made;
    }
  }

  #numberOf(place: number): number {
    return this.#made - this.#steps.length + place;
  }

  /** All that is kept of a pair of nodes; of several addresses the one that lost most in each step. */
  trace(source: string, destination: string): Trace {
    const pairs = [...this.#index.get(source)?.values() ?? []]
      .filter((pair) => this.#pairs[pair]?.destination === destination);
    const loss: (number | null)[] = [];
    const rttSeconds: (number | null)[] = [];
    for (const step of this.#steps) {
      const seen = pairs.filter((pair) => (step.sent[pair] ?? 0) > 0)
        .map((pair) => {
          const sent = step.sent[pair] ?? 0;
          const lost = step.lost[pair] ?? 0;
          const rtt = sent > lost ? (step.rttSum[pair] ?? 0) / (sent - lost) : null;
          return { loss: lost / sent, rtt };
        })
        .sort((one, other) => other.loss - one.loss)[0];
      loss.push(seen?.loss ?? null);
      rttSeconds.push(seen?.rtt ?? null);
    }
    return { at: this.times, loss, rttSeconds };
  }
}

/** Which part of what was recorded. */
export interface WindowOptions {
  /** Wall time at which the window ends; now if left out. */
  readonly untilMs?: number;
  /** Leaves out of each pair what is over. */
  readonly sinceRestart?: boolean;
}
