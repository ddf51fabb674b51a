/** Verdicts over time: since when each holds, when it went, and what was before. @module */

import { diagnose } from "../diagnosis/diagnose.ts";
import { namesOf, verdictTitle } from "../diagnosis/report.ts";
import type { Diagnosis, Verdict } from "../diagnosis/report.ts";
import type { Recorder } from "./recorder.ts";

/** A verdict that holds now. */
export interface CurrentVerdict {
  /** As diagnose says it. */
  readonly verdict: Verdict;
  /** The same for the same fault. */
  readonly key: string;
  /** Wall time in milliseconds of the reading that named it first. */
  readonly sinceMs: number;
}

/** A verdict, and how long it held. */
export interface VerdictSpan {
  /** The same for the same fault. */
  readonly key: string;
  /** In the words of diagnose. */
  readonly title: string;
  /** Of the verdict. */
  readonly kind: Verdict["kind"];
  /** Wall time in milliseconds. */
  readonly fromMs: number;
  /** Wall time in milliseconds; absent while it holds. */
  readonly toMs?: number;
  /** Highest loss that was estimated, 0 to 1. */
  readonly loss: number;
}

/** The shortest window: a cut link shows in it within 4 s. */
export const shortWindowMs = 5000;
/** Longer windows show fainter faults; each is looked at less often, since little of it changes. */
const windows: readonly { readonly ms: number; readonly everyMs: number }[] = [
  { ms: shortWindowMs, everyMs: 0 },
  { ms: 15_000, everyMs: 0 },
  { ms: 60_000, everyMs: 6000 },
  { ms: 300_000, everyMs: 30_000 },
];
/** A new verdict must have lost so many probes, in two readings at least: a blip accuses nobody. */
const minLost = 4;
const minLossySteps = 2;
/** A new verdict must have lost something so lately, or within its shortest window of three steps. */
const recentMs = 4000;
/** A fault is over when so few losses as lately would be so improbable if it went on. */
const overProbability = 1e-3;
/** Spans that are kept, of those that are over. */
const maxSpans = 500;

interface Tracked {
  verdict: Verdict;
  readonly key: string;
  readonly sinceMs: number;
  /** The pairs that it can touch, by the recorder's index. */
  reach: readonly number[];
  /** Probes of the reach since it was named, and of these the lost. */
  sent: number;
  lost: number;
  worst: number;
}

/**
 * Looks at each new reading through windows from 5 s to 5 min. The shortest that shows a fault says
 * what it is; a longer one adds what the shorter cannot see. A verdict goes when the last probes of
 * its pairs do too well for it, and from then on its old losses count no more.
 */
export class VerdictLog {
  readonly #tracked = new Map<string, Tracked>();
  readonly #spans: VerdictSpan[] = [];
  readonly #found: { readonly verdicts: readonly Verdict[]; readonly atMs: number }[] = [];
  #newest: Diagnosis | undefined;
  /** Of the recorder, when indexes of pairs were taken from it. */
  #generation = 0;

  /** What holds now, the worst first; it stays as it is whatever comes later. */
  get current(): readonly CurrentVerdict[] {
    return [...this.#tracked.values()].map(({ verdict, key, sinceMs }) => ({
      verdict,
      key,
      sinceMs,
    }))
      .sort((one, other) => other.verdict.loss - one.verdict.loss);
  }

  /** Everything since the log began, oldest first. */
  get spans(): readonly VerdictSpan[] {
    return [
      ...this.#spans,
      ...[...this.#tracked.values()].map((one) => spanOf(one)),
    ].sort((one, other) => one.fromMs - other.fromMs);
  }

  /** The diagnosis of the longest window that has passed: how faint a fault would be named. */
  get widest(): Diagnosis | undefined {
    return this.#newest;
  }

  /** Takes the recorder's newest step into account. */
  update(recorder: Recorder, nowMs: number): void {
    const zoneOf = this.#diagnose(recorder, nowMs);
    const reachOf = (verdict: Verdict) => reach(verdict, recorder, zoneOf);
    if (recorder.generation !== this.#generation) {
      this.#generation = recorder.generation;
      for (const one of this.#tracked.values()) one.reach = reachOf(one.verdict);
    }
    const found = new Set<string>();
    const covered = new Set<number>();
    for (const [place, { verdicts }] of this.#found.entries()) {
      for (const verdict of verdicts) {
        const key = keyOf(verdict);
        if (found.has(key)) continue;
        const pairs = reachOf(verdict);
        const known = this.#tracked.get(key);
        const isNews = pairs.some((pair) => !covered.has(pair));
        if (pairs.length > 0 && !isNews) continue;
        if (known === undefined && !hasEvidence(recorder, pairs, windows[place]?.ms ?? 0)) continue;
        if (known !== undefined && place > 0 && isOver(recorder, known)) continue;
        found.add(key);
        for (const pair of pairs) covered.add(pair);
        this.#hold(key, verdict, pairs, nowMs);
      }
    }
    for (const one of this.#tracked.values()) {
      if (found.has(one.key)) this.#count(one, recorder);
      else this.#end(one, recorder, nowMs);
    }
  }

  #diagnose(recorder: Recorder, nowMs: number): ReadonlyMap<string, string | undefined> {
    let zoneOf: ReadonlyMap<string, string | undefined> = new Map();
    for (const [place, { ms, everyMs }] of windows.entries()) {
      const known = this.#found[place];
      // What is not longer than the window before says nothing new.
      const shorter = windows[place - 1]?.ms ?? 0;
      if (place > 0 && recorder.windowMs(ms) <= shorter * 1.3) break;
      if (place > 0 && known !== undefined && nowMs - known.atMs < everyMs) continue;
      const mesh = recorder.window(ms, { sinceRestart: true });
      if (place === 0) zoneOf = new Map(mesh.nodes.map(({ name, zone }) => [name, zone]));
      this.#newest = diagnose(mesh);
      this.#found[place] = { verdicts: this.#newest.report.verdicts, atMs: nowMs };
    }
    return zoneOf;
  }

  #hold(key: string, verdict: Verdict, pairs: readonly number[], nowMs: number): void {
    const known = this.#tracked.get(key);
    if (known === undefined) {
      this.#tracked.set(key, {
        ...{ key, verdict, sinceMs: nowMs, reach: pairs },
        ...{ sent: 0, lost: 0, worst: verdict.loss },
      });
      return;
    }
    known.verdict = verdict;
    known.reach = pairs;
    known.worst = Math.max(known.worst, verdict.loss);
  }

  #count(tracked: Tracked, recorder: Recorder): void {
    const isFirst = tracked.sent === 0;
    const { sent, lost } = recorder.tally(tracked.reach, isFirst ? shortWindowMs : 1);
    tracked.sent += sent;
    tracked.lost += lost;
  }

  #end(tracked: Tracked, recorder: Recorder, nowMs: number): void {
    this.#tracked.delete(tracked.key);
    this.#spans.push(spanOf(tracked, nowMs));
    if (this.#spans.length > maxSpans) this.#spans.shift();
    recorder.restart(tracked.reach);
    // What longer windows found was of the time before, too.
    for (const [place, { atMs, verdicts }] of this.#found.entries()) {
      const others = verdicts.filter((verdict) => keyOf(verdict) !== tracked.key);
      this.#found[place] = { atMs, verdicts: others };
    }
  }
}

function spanOf({ key, verdict, sinceMs, worst }: Tracked, toMs?: number): VerdictSpan {
  return {
    ...{ key, title: verdictTitle(verdict), kind: verdict.kind, fromMs: sinceMs, loss: worst },
    ...(toMs === undefined ? {} : { toMs }),
  };
}

/** One text for one fault, whatever its loss. */
export function keyOf(verdict: Verdict): string {
  // Of the black holes between many nodes one more or less is still the same fault.
  const isOfMany = verdict.kind === "mtu" && (verdict.nodes?.length ?? 0) > 2;
  return JSON.stringify([verdict.kind, ...isOfMany ? [] : namesOf(verdict)]);
}

/** Whether a verdict that is new rests on enough, and on something that still goes on. */
function hasEvidence(recorder: Recorder, pairs: readonly number[], windowMs: number): boolean {
  if (pairs.length === 0) return true;
  const all = recorder.tally(pairs, windowMs);
  const recent = recorder.tally(pairs, Math.max(recentMs, windowMs / 10));
  return all.lost >= minLost && all.lossySteps >= minLossySteps && recent.lost > 0;
}

/** Whether the last probes do too well for a fault that goes on. */
function isOver(recorder: Recorder, { reach: pairs, sent, lost }: Tracked): boolean {
  const share = sent === 0 ? 0 : lost / sent;
  return [shortWindowMs, 15_000, 60_000].some((windowMs) => {
    const recent = recorder.tally(pairs, windowMs);
    return recent.sent > 0 &&
      atMostProbability(recent.lost, recent.sent, share) < overProbability;
  });
}

/** The probability of at most k losses in n probes that are each lost with probability p. */
export function atMostProbability(k: number, n: number, p: number): number {
  if (p <= 0) return 1;
  if (p >= 1) return k >= n ? 1 : 0;
  let term = n * Math.log1p(-p);
  let sum = Math.exp(term);
  for (let i = 1; i <= k && i <= n; i++) {
    term += Math.log((n - i + 1) / i) + Math.log(p) - Math.log1p(-p);
    sum += Math.exp(term);
  }
  return Math.min(1, sum);
}

/** The pairs that a verdict is about; none for one that is about no loss. */
function reach(
  verdict: Verdict,
  recorder: Recorder,
  zoneOf: ReadonlyMap<string, string | undefined>,
): readonly number[] {
  const includes = predicateOf(verdict, zoneOf);
  return recorder.pairs.flatMap(({ kind, source, destination }, pair) =>
    kind === "node" && includes(source, destination) ? [pair] : []
  );
}

function predicateOf(
  verdict: Verdict,
  zoneOf: ReadonlyMap<string, string | undefined>,
): (source: string, destination: string) => boolean {
  const names = new Set(namesOf(verdict));
  switch (verdict.kind) {
    case "node":
      return (source, destination) => names.has(source) || names.has(destination);
    case "source":
      return (source) => names.has(source);
    case "destination":
      return (_, destination) => names.has(destination);
    case "link":
      return (source, destination) => names.has(source) && names.has(destination);
    case "zone-pair": {
      const [one, other] = verdict.zones;
      return (source, destination) => {
        const [from, to] = [zoneOf.get(source), zoneOf.get(destination)];
        return from === one && to === other || from === other && to === one;
      };
    }
    case "mtu":
      return () => false;
    case "path": {
      const groupOf = new Map(
        verdict.groups.flatMap((group, index) => group.map((name) => [name, index])),
      );
      return (source, destination) => {
        const [from, to] = [groupOf.get(source), groupOf.get(destination)];
        return from !== undefined && to !== undefined && from !== to;
      };
    }
  }
}
