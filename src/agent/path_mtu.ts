/** The rounds in which the path MTU to each destination node is measured. @module */

import { isIPv6 } from "node:net";
import type { FpingFeatures } from "../fping/arguments.ts";
import { packetBytesOf, runSized } from "../fping/path_mtu.ts";
import type { IdentifierGuard, SizedOutcome, SizedRun } from "../fping/path_mtu.ts";
import type { Pair, Pairs } from "../pairs/pairs.ts";
import { PathMtu } from "../pairs/path_mtu.ts";
import type { PathMtuHints, SmallProbes } from "../pairs/path_mtu.ts";
import type { PathMtuProbe, PathMtuResult } from "../pairs/path_mtu_search.ts";
import { TimeLimitError } from "../platform/clock.ts";
import type { Clock } from "../platform/clock.ts";
import { LogLimit } from "../platform/log.ts";
import type { Log } from "../platform/log.ts";

/** What the rounds need. */
export interface PathMtuRoundsDeps {
  /** Who is measured; each pair's totals are given what is known of its path. */
  readonly pairs: Pairs;
  /** Starts fping. */
  readonly identifiers: IdentifierGuard;
  /** Finds out what the installed fping can do. */
  readonly detect: (signal: AbortSignal) => Promise<FpingFeatures>;
  /** What rounds and searches are measured by. */
  readonly clock: Clock;
  /** Receives black holes and their ends. */
  readonly log: Log;
  /** From 0 to 1: rounds of different nodes do not start together. */
  readonly random?: () => number;
}

/** Settings of the rounds. */
export interface PathMtuRoundsOptions {
  /** Path or name of fping. */
  readonly fping: string;
  /** Time from one round to the next. */
  readonly intervalMs: number;
  /** No reply is waited for longer. */
  readonly timeoutMs: number;
  /** Data bytes of the usual, small probes. */
  readonly sizeBytes: number;
}

/** One target that stands for at least one destination node. */
interface MeasuredTarget {
  readonly target: string;
  readonly family: 4 | 6;
  readonly path: PathMtu;
  /** The pairs of its names. */
  pairs: readonly Pair[];
  /** Totals at the start of the round, by which the latest round-trip times are known. */
  received: number;
  rttSumSeconds: number;
  /** Mean round-trip time of the small probes of the last round. */
  meanRttMs: number;
  /** A run of this round failed: nothing more is sent in it. */
  hasFailed: boolean;
}

/** A target and what it is sent in a step. */
type Wanted = readonly [MeasuredTarget, readonly PathMtuProbe[]];

/** The small probes are known, before the first round. */
const firstWaitMs = 3000;

/** Targets of one run at most; starting a process costs as much as 200 packets. */
const maxTargetsPerRun = 1000;

/** Runs of more targets than this are made one after the other. */
const maxTargetsAtOnce = 100;

/**
 * Targets that are searched at a time, in about 3 s; what is found for them is tried first for the
 * others. With twice as many, a full mesh of the default is searched within ten seconds.
 */
const maxSearched = 100;

/** Sizes of one step, and so the processes that search at a time. */
const maxSizesPerStep = 12;

/** A shorter wait for replies is not worth it. */
const minTimeoutMs = 250;

/**
 * Sends each destination node one packet of full size in each round, and searches
 * where they vanish.
 */
export class PathMtuRounds {
  readonly #options: PathMtuRoundsOptions;
  readonly #deps: PathMtuRoundsDeps;
  readonly #targets = new Map<string, MeasuredTarget>();
  readonly #limit = new LogLimit(5, 60_000);

  /** Measures nothing before {@linkcode run}. */
  constructor(options: PathMtuRoundsOptions, deps: PathMtuRoundsDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** Makes rounds until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random = Math.random } = this.#deps;
    const { intervalMs } = this.#options;
    let nextRoundMs = clock.monotonicMs() + firstWaitMs + random() * intervalMs;
    while (!signal.aborted) {
      const nowMs = clock.monotonicMs();
      if (nowMs >= nextRoundMs) {
        this.#beginRound();
        nextRoundMs = Math.max(nextRoundMs + intervalMs, nowMs);
      }
      const step = this.#nextStep();
      if (step.length > 0) await this.#makeStep(step, signal);
      else {
        await clock.sleep(Math.max(1, nextRoundMs - nowMs), signal).catch(() => undefined);
      }
    }
  }

  #beginRound(): void {
    const routes = [...this.#deps.pairs.routes].flatMap(([target, { pairs }]) => {
      const ofNodes = pairs.filter(({ destination }) => destination.kind === "node");
      return ofNodes.length > 0 ? [[target, ofNodes] as const] : [];
    });
    const current = new Set(routes.map(([target]) => target));
    for (const target of this.#targets.keys()) {
      if (!current.has(target)) this.#targets.delete(target);
    }
    for (const [target, pairs] of routes) {
      const measured = this.#targets.get(target) ?? this.#newTarget(target);
      measured.pairs = pairs;
      measured.hasFailed = false;
      for (const { totals } of pairs) totals.pathMtu = measured.path;
      noteRtt(measured);
      measured.path.begin(smallProbes(measured));
    }
  }

  #newTarget(target: string): MeasuredTarget {
    const family = isIPv6(target) ? 6 : 4;
    const path = new PathMtu(family, packetBytesOf(this.#options.sizeBytes, family));
    const counts = { received: 0, rttSumSeconds: 0, meanRttMs: 0 };
    const measured = { target, family, path, pairs: [], ...counts, hasFailed: false } as const;
    this.#targets.set(target, measured);
    return measured;
  }

  /** What to send now, to as many targets as may be searched at a time. */
  #nextStep(): readonly Wanted[] {
    const hints = this.#hints();
    const sizes = new Set<string>();
    const step: Wanted[] = [];
    let searched = 0;
    for (const measured of this.#targets.values()) {
      const probes = measured.hasFailed ? [] : measured.path.next(hints);
      if (probes.length === 0) continue;
      if (measured.path.isSearching && ++searched > maxSearched) continue;
      const added = probes.map((probe) => sizeKey(measured, probe)).filter((key) =>
        !sizes.has(key)
      );
      if (sizes.size > 0 && sizes.size + added.length > maxSizesPerStep) continue;
      for (const key of added) sizes.add(key);
      step.push([measured, probes]);
    }
    return step;
  }

  async #makeStep(step: readonly Wanted[], signal: AbortSignal): Promise<void> {
    const results = new Map(step.map(([measured]) => [measured.target, [] as PathMtuResult[]]));
    const runs = this.#plan(step);
    const make = async (sized: SizedRun): Promise<void> => {
      const outcomes = await this.#outcomes(sized, signal);
      for (const target of sized.targets) {
        const outcome = outcomes?.get(target);
        if (outcome === undefined) results.delete(target);
        else results.get(target)?.push({ packetBytes: sized.packetBytes, ...outcome });
      }
    };
    await this.#deps.identifiers.skipTaken(this.#options.fping, signal).catch(() => undefined);
    const large = runs.filter(({ targets }) => targets.length > maxTargetsAtOnce);
    await Promise.all(runs.filter((sized) => !large.includes(sized)).map(make));
    for (const sized of large) await make(sized);
    if (signal.aborted) return;
    const hints = this.#hints();
    for (const [measured] of step) {
      const ofTarget = results.get(measured.target);
      if (ofTarget === undefined) measured.hasFailed = true;
      else this.#record(measured, ofTarget, hints);
    }
  }

  /** One run for each size of a family, or several where it has many targets. */
  #plan(step: readonly Wanted[]): readonly SizedRun[] {
    const groups = new Map<string, { probe: PathMtuProbe; measured: MeasuredTarget[] }>();
    for (const [measured, probes] of step) {
      for (const probe of probes) {
        const key = sizeKey(measured, probe);
        const group = groups.get(key) ?? { probe, measured: [] };
        group.measured.push(measured);
        groups.set(key, group);
      }
    }
    return [...groups.values()].flatMap(({ probe, measured }) => {
      const count = Math.ceil(measured.length / maxTargetsPerRun);
      return Array.from({ length: count }, (_, part) => {
        const ofRun = measured.filter((_, index) => index % count === part);
        const targets = ofRun.map(({ target }) => target);
        const family = ofRun[0]?.family ?? 4;
        return { ...probe, targets, family, timeoutMs: this.#timeoutMs(ofRun) };
      });
    });
  }

  /** A raw socket costs as long as it is open: no longer than the latest small replies ask for. */
  #timeoutMs(targets: readonly MeasuredTarget[]): number {
    const meanRttMs = Math.max(...targets.map((measured) => measured.meanRttMs));
    const wantedMs = Math.max(minTimeoutMs, Math.ceil(4 * meanRttMs) + 100);
    return Math.min(this.#options.timeoutMs, wantedMs);
  }

  /** Undefined when the run failed; what else is wrong with fping is logged where it probes. */
  async #outcomes(
    sized: SizedRun,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, SizedOutcome> | undefined> {
    const { identifiers: { spawn }, detect, clock, log } = this.#deps;
    const { fping } = this.#options;
    try {
      const features = await detect(signal);
      return await runSized(sized, { fping, features, spawn, clock }, signal);
    } catch (error) {
      if (error instanceof TimeLimitError && this.#limit.pass(clock.monotonicMs()) !== undefined) {
        log.warn(
          "fping did not end in time and is killed: its targets' path MTUs are not measured this round",
          {
            limit_ms: error.limitMs,
          },
        );
      }
      return undefined;
    }
  }

  #record(
    measured: MeasuredTarget,
    results: readonly PathMtuResult[],
    hints: () => PathMtuHints,
  ): void {
    const { path, pairs } = measured;
    const before = path.blackHole;
    path.record(results, smallProbes(measured), this.#deps.clock.monotonicMs(), hints);
    const after = path.blackHole;
    if (before?.passes === after?.passes) return;
    for (const { destination: { name, address } } of pairs) {
      const fields = { destination: name, address };
      if (after === undefined) {
        this.#deps.log.info("The path MTU black hole is gone", fields);
      } else {
        const { passes, lost } = after;
        this.#deps.log.warn("Packets vanish without an ICMP error: a path MTU black hole", {
          ...{ ...fields, passes_bytes: passes, lost_bytes: lost },
        });
      }
    }
  }

  /** What is known of the paths so far; made when it is first asked for, which is seldom. */
  #hints(): () => PathMtuHints {
    let made: PathMtuHints | undefined;
    return () => made ??= this.#makeHints();
  }

  #makeHints(): PathMtuHints {
    const limits = new Map<number, number>();
    const sizes = new Set<number>();
    for (const { path: { sendLimit, blackHole } } of this.#targets.values()) {
      if (sendLimit !== undefined) limits.set(sendLimit, (limits.get(sendLimit) ?? 0) + 1);
      if (blackHole === undefined) continue;
      sizes.add(blackHole.passes);
      sizes.add(blackHole.lost);
    }
    const byCount = [...limits].sort(([, a], [, b]) => b - a).map(([limit]) => limit);
    return { limits: byCount, sizes: [...sizes] };
  }
}

function sizeKey({ family }: MeasuredTarget, { packetBytes, count }: PathMtuProbe): string {
  return `${family} ${packetBytes} ${count}`;
}

function smallProbes({ pairs: [pair] }: MeasuredTarget): SmallProbes {
  return { sent: pair?.totals.sent ?? 0, received: pair?.totals.received ?? 0 };
}

/** The mean round-trip time since the round before; as before where nothing was received. */
function noteRtt(measured: MeasuredTarget): void {
  const { received = 0, rttSumSeconds = 0 } = measured.pairs[0]?.totals ?? {};
  const count = received - measured.received;
  if (count > 0) measured.meanRttMs = 1000 * (rttSumSeconds - measured.rttSumSeconds) / count;
  measured.received = received;
  measured.rttSumSeconds = rttSumSeconds;
}
