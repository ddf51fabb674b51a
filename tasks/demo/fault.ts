/** Names the link at fault, from the counts of the pairs and nothing else. @module */

import { lossOf, pairKey } from "./readings.ts";
import type { PairCount, Reading } from "./readings.ts";

/** A pair is lossy from here; below, a single lost probe of a busy machine is no fault. */
const lossyFrom = 0.25;
/** So many probes must be lost before anything is said. */
const leastLost = 3;

/** What the counts say. */
export type Finding =
  | { readonly kind: "healthy" }
  | { readonly kind: "link"; readonly nodes: readonly [string, string]; readonly evidence: string }
  | { readonly kind: "unclear"; readonly lossy: readonly string[] };

/**
 * A link is at fault when its two pairs lose probes and no other pair does: a packet lost between
 * two nodes hits the requests of the one and the replies to the other.
 */
export function findFault(counts: Reading): Finding {
  const pairs = [...counts.values()];
  const lossy = pairs.filter(isLossy);
  const [one, other] = lossy;
  if (one === undefined) return { kind: "healthy" };
  const back = counts.get(pairKey(one.destination, one.source));
  if (lossy.length !== 2 || other !== back || other === undefined) {
    return { kind: "unclear", lossy: lossy.map(sayPair) };
  }
  const rest = pairs.filter((pair) => !lossy.includes(pair));
  const well = rest.filter((pair) => lossOf(pair) === 0).length;
  return {
    kind: "link",
    nodes: one.source < other.source ? [one.source, other.source] : [other.source, one.source],
    evidence: `${sayPair(one)}, ${sayPair(other)}; ` +
      `${well} of the ${rest.length} other pairs lost nothing`,
  };
}

function isLossy(pair: PairCount): boolean {
  return pair.sent - pair.received >= leastLost && (lossOf(pair) ?? 0) >= lossyFrom;
}

function sayPair({ source, destination, sent, received }: PairCount): string {
  return `${source} to ${destination} lost ${sent - received} of ${sent}`;
}
