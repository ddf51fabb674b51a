/** A distribution of round-trip times at bounded cost. @module */

import { rttBucketsSeconds } from "../metrics/families.ts";

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
