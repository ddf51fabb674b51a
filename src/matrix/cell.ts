/** What was measured of one pair, and of several together. @module */

import type { PairMeasurement } from "../measurements/mesh.ts";

/** What one source saw of one destination. With several addresses, the one that lost most. */
export interface Cell {
  /** Node that probes. */
  readonly source: string;
  /** Node that is probed. */
  readonly destination: string;
  /** The address with the highest loss, of those probed. */
  readonly address: string;
  /** Probes whose outcome is known. */
  readonly sent: number;
  /** Of these the answered, never more than sent. */
  readonly received: number;
  /** Lost part of the probes, 0 to 1. */
  readonly loss: number;
  /** Mean round-trip time of the received; undefined when nothing was received or not known. */
  readonly rttSeconds: number | undefined;
}

/** Several pairs, added up. */
export interface Sum {
  /** Pairs added up. */
  readonly pairs: number;
  /** Pairs that lost anything. */
  readonly lossy: number;
  /** Share of the lost, 0 to 1. */
  readonly loss: number;
  /** Mean of the received; undefined when nothing was received or not known. */
  readonly rttSeconds: number | undefined;
}

/** The cell of a pair that sent anything. */
export function cellOf(
  { source, destination, address, sent, received, ...pair }: PairMeasurement,
): Cell {
  const known = Math.min(sent, received);
  return {
    source,
    destination,
    address,
    sent,
    received: known,
    loss: 1 - known / sent,
    rttSeconds: pair.rttSumSeconds === undefined || received === 0
      ? undefined
      : pair.rttSumSeconds / received,
  };
}

/** Adds probes, not percentages. */
export function addUp(cells: readonly Cell[]): Sum {
  let sent = 0;
  let received = 0;
  let timed = 0;
  let rttSum = 0;
  for (const cell of cells) {
    sent += cell.sent;
    received += cell.received;
    if (cell.rttSeconds === undefined) continue;
    timed += cell.received;
    rttSum += cell.rttSeconds * cell.received;
  }
  return {
    pairs: cells.length,
    lossy: cells.filter((cell) => cell.loss > 0).length,
    loss: 1 - received / sent,
    rttSeconds: timed === 0 ? undefined : rttSum / timed,
  };
}

/** The order of names: that of their UTF-16 code units, the same everywhere. */
export function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
