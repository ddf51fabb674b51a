/** What the textfiles of all agents say, and what happened between two readings. @module */

import { families } from "../../src/metrics/families.ts";

/** Probes of one pair: since its agent's start, or between two readings. */
export interface PairCount {
  readonly source: string;
  readonly destination: string;
  readonly sent: number;
  readonly received: number;
}

/** Every pair, by {@linkcode pairKey}. */
export type Reading = ReadonlyMap<string, PairCount>;

/** The key of a pair. */
export function pairKey(source: string, destination: string): string {
  return `${source} ${destination}`;
}

const counterLine = /^(\w+)\{(.*)\} (\d+)$/;

/** Reads the counters of all pairs from the texts of the textfiles. */
export function readCounts(texts: readonly string[]): Reading {
  const pairs = new Map<string, PairCount>();
  for (const line of texts.flatMap((text) => text.split("\n"))) {
    const [, name, labels = "", value] = counterLine.exec(line) ?? [];
    const isSent = name === families.probesSent.name;
    if (!isSent && name !== families.probesReceived.name) continue;
    const source = labelOf(labels, "source_node");
    const destination = labelOf(labels, "destination_node");
    const key = pairKey(source, destination);
    const pair = pairs.get(key) ?? { source, destination, sent: 0, received: 0 };
    pairs.set(key, { ...pair, [isSent ? "sent" : "received"]: Number(value) });
  }
  return pairs;
}

/** The demo's own names need no escapes. */
function labelOf(labels: string, name: string): string {
  return new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1] ?? "";
}

/** What each pair of the later reading sent and received since the earlier one. */
export function countsBetween(earlier: Reading, later: Reading): Reading {
  const pairs = [...later].map(([key, pair]): [string, PairCount] => {
    const before = earlier.get(key);
    const sent = pair.sent - (before?.sent ?? 0);
    return [key, { ...pair, sent, received: pair.received - (before?.received ?? 0) }];
  });
  return new Map(pairs);
}

/** Lost part of the probes, 0 to 1; undefined when none was sent. */
export function lossOf({ sent, received }: PairCount): number | undefined {
  return sent === 0 ? undefined : (sent - received) / sent;
}
