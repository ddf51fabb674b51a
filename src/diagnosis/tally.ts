/** Probes added up over the pairs of a cause: the numbers of the evidence. @module */

import type { Explanation } from "./explanation.ts";
import { isTouched } from "./fit.ts";
import type { Cause } from "./influence.ts";

/** Sums over some pairs. */
export interface Tally {
  /** Pairs that were added up. */
  readonly pairs: number;
  /** Pairs that the cause touches; the others are its exceptions. */
  readonly touched: number;
  /** Lost part of the probes of all these pairs, 0 to 1; 0 where there are none. */
  readonly loss: number;
}

/**
 * The part of the probes that the cause alone loses: what survived on the pairs that it touches,
 * against what would have survived the other causes. Where those lose everything nothing is
 * left to measure, and the fitted loss stands.
 */
export function lossOfCause(explanation: Explanation, cause: Cause): number {
  const { seen } = explanation;
  explanation.remove(cause);
  let received = 0;
  let expected = 0;
  for (const pair of cause.suspect.pairs) {
    if (!isTouched(explanation, pair, cause)) continue;
    const sent = seen.sent[pair] ?? 0;
    received += sent - (seen.lost[pair] ?? 0);
    const survives = explanation.influence(pair)?.ways[0]?.survives ?? 1;
    expected += sent * survives / (1 - explanation.noise);
  }
  explanation.add(cause);
  return expected < 1 ? cause.loss : Math.min(1, Math.max(0, 1 - received / expected));
}

/** Adds up the pairs of the cause that the condition lets through. */
export function tally(
  explanation: Explanation,
  cause: Cause,
  counts: (pair: number) => boolean,
): Tally {
  const pairs = cause.suspect.pairs.filter(counts);
  const { seen } = explanation;
  let sent = 0;
  let lost = 0;
  let touched = 0;
  explanation.remove(cause);
  for (const pair of pairs) {
    sent += seen.sent[pair] ?? 0;
    lost += seen.lost[pair] ?? 0;
    if (isTouched(explanation, pair, cause)) touched++;
  }
  explanation.add(cause);
  return { pairs: pairs.length, touched, loss: sent === 0 ? 0 : lost / sent };
}

/** Lost part of the probes of all the given pairs; undefined where there are none. */
export function lossOfPairs(explanation: Explanation, pairs: Iterable<number>): number | undefined {
  let sent = 0;
  let lost = 0;
  for (const pair of pairs) {
    sent += explanation.seen.sent[pair] ?? 0;
    lost += explanation.seen.lost[pair] ?? 0;
  }
  return sent === 0 ? undefined : lost / sent;
}
