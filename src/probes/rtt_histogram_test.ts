import assert from "node:assert/strict";
import { rttBucketsSeconds } from "../metrics/families.ts";
import { RttHistogram } from "./rtt_histogram.ts";

Deno.test("RttHistogram counts a bound into its own bucket, as Prometheus' le says", () => {
  const histogram = new RttHistogram();
  for (const bound of rttBucketsSeconds) histogram.observe(bound);
  assert.deepEqual([...histogram.counts], [...rttBucketsSeconds.map(() => 1), 0]);
});

Deno.test("RttHistogram counts what lies between bounds, below the first and above the last", () => {
  const histogram = new RttHistogram();
  for (const rtt of [0, 0.00001, 0.0003, 0.9999, 1.0001, 8]) histogram.observe(rtt);
  const counts = [...histogram.counts];
  assert.deepEqual(
    [0, 3, rttBucketsSeconds.length - 1, rttBucketsSeconds.length].map((index) => counts[index]),
    [2, 1, 1, 2],
  );
  assert.equal(counts.reduce((sum, count) => sum + count), 6);
  assert.ok(Math.abs(histogram.sumSeconds - 10.00031) < 1e-9);
});
