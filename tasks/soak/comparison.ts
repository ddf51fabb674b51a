/** Every pair of the soak: what its counters say, beside what they must say. @module */

import { table } from "../bench/report.ts";
import { expectedLost, expectedSent, isWithin } from "./expectation.ts";
import type { LossWindow, Pace, Range, Track } from "./expectation.ts";

/** One pair, judged. */
export interface ComparedPair {
  readonly source: string;
  readonly destination: string;
  readonly watchedSeconds: number;
  readonly sent: number;
  readonly expectedSent: Range;
  readonly lost: number;
  readonly expectedLost: Range;
  /** What does not agree, in words; empty when all does. */
  readonly problems: readonly string[];
}

/** What the comparison is made of. */
export interface ComparisonRequest {
  /** Nodes that are there in the end: each pair of them must have been watched. */
  readonly nodes: readonly string[];
  readonly tracks: readonly Track[];
  readonly windows: readonly LossWindow[];
  readonly pace: Pace;
}

/** Judges every pair of the nodes that are there in the end. */
export function comparePairs(request: ComparisonRequest): readonly ComparedPair[] {
  const { nodes, windows, pace } = request;
  const tracks = new Map(
    request.tracks.map((track) => [`${track.source} ${track.destination}`, track]),
  );
  return nodes.flatMap((source) =>
    nodes.filter((node) => node !== source).map((destination) => {
      const unseen = { source, destination, stretches: [], wentBack: false };
      return comparePair(tracks.get(`${source} ${destination}`) ?? unseen, windows, pace);
    })
  );
}

function comparePair(track: Track, windows: readonly LossWindow[], pace: Pace): ComparedPair {
  const { source, destination, stretches } = track;
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const sent = sum(stretches.map((stretch) => stretch.sent));
  const lost = sum(stretches.map((stretch) => stretch.lost));
  const wantedSent = expectedSent(track, pace);
  const wantedLost = expectedLost(track, windows, pace.periodSeconds);
  return {
    ...{ source, destination, sent, lost },
    watchedSeconds: sum(stretches.map(({ fromSeconds, toSeconds }) => toSeconds - fromSeconds)),
    expectedSent: wantedSent,
    expectedLost: wantedLost,
    problems: [
      ...(stretches.length === 0 ? ["never seen"] : []),
      ...(track.wentBack ? ["a counter fell"] : []),
      ...(isWithin(sent, wantedSent) ? [] : ["sent"]),
      ...(isWithin(lost, wantedLost) ? [] : ["lost"]),
    ],
  };
}

/** The pairs as a table of text. */
export function pairTable(pairs: readonly ComparedPair[]): string {
  const range = ({ low, high }: Range) => low === high ? String(low) : `${low}-${high}`;
  return table(
    ["pair", "watched s", "sent", "must be", "lost", "must be", "agrees"],
    pairs.map((pair) => [
      `${pair.source} > ${pair.destination}`,
      pair.watchedSeconds.toFixed(1),
      String(pair.sent),
      range(pair.expectedSent),
      String(pair.lost),
      range(pair.expectedLost),
      pair.problems.length === 0 ? "yes" : `NO: ${pair.problems.join(", ")}`,
    ]),
  );
}

/** Largest deviations of the rate from the one asked for, as "from -0.12 % to +0.34 %". */
export function rateSpread(pairs: readonly ComparedPair[], periodSeconds: number): string {
  const percents = pairs.filter(({ watchedSeconds }) => watchedSeconds > 0)
    .map(({ sent, watchedSeconds }) => 100 * (sent * periodSeconds / watchedSeconds - 1));
  const text = (value: number) => `${value < 0 ? "" : "+"}${value.toFixed(2)} %`;
  return `from ${text(Math.min(...percents))} to ${text(Math.max(...percents))}`;
}
