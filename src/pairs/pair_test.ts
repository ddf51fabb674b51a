import assert from "node:assert/strict";
import { makeRandom } from "../../tests/fakes/random.ts";
import type { Outcome } from "../fping/ledger.ts";
import { LossRun, PairTotals, rttBucketsSeconds, RttHistogram, RttWindow } from "./pair.ts";

function lose(run: LossRun, fromSeconds: number, count: number): (string | undefined)[] {
  return Array.from({ length: count }, (_, i) => run.lost(fromSeconds + i / 2)?.kind);
}

Deno.test("LossRun reports a burst at the third lost probe, once", () => {
  const run = new LossRun();
  assert.deepEqual(lose(run, 100, 5), [
    undefined,
    undefined,
    "burst_begun",
    undefined,
    undefined,
  ]);
});

Deno.test("LossRun ignores one or two lost probes", () => {
  const run = new LossRun();
  for (const count of [0, 1, 2]) {
    lose(run, 100, count);
    assert.equal(run.answered(110), undefined);
    assert.equal(run.answered(111), undefined);
  }
});

Deno.test("LossRun reports once that a burst has lasted five seconds", () => {
  const run = new LossRun();
  const kinds = lose(run, 100, 20);
  assert.equal(kinds.indexOf("burst_lasting"), 10);
  assert.equal(kinds.lastIndexOf("burst_lasting"), 10);
});

Deno.test("LossRun reports the end of a burst with start, duration and count", () => {
  const run = new LossRun();
  lose(run, 100, 4);
  assert.deepEqual(run.answered(102), {
    kind: "burst_ended",
    burst: { startedAtSeconds: 100, durationSeconds: 2, probesLost: 4 },
  });
  assert.equal(run.answered(103), undefined, "it has ended");
});

Deno.test("LossRun.end() ends a burst at its latest probe, for nothing is known of later ones", () => {
  const run = new LossRun();
  lose(run, 100, 15);
  assert.deepEqual(run.end(), {
    kind: "burst_ended",
    burst: { startedAtSeconds: 100, durationSeconds: 7, probesLost: 15 },
  });
  assert.deepEqual(lose(run, 200, 11).filter(Boolean), ["burst_begun", "burst_lasting"]);
});

Deno.test("LossRun has no negative duration when the clock stepped back between", () => {
  const run = new LossRun();
  lose(run, 100, 3);
  run.lost(40);
  const ended = run.answered(41);
  assert.ok(ended?.kind === "burst_ended" && ended.burst.durationSeconds === 0);
});

Deno.test("LossRun ignores two lost probes, however far they are apart", () => {
  const run = new LossRun();
  assert.deepEqual([100, 110, 120, 130].map((at) => run.lost(at)?.kind), [
    undefined,
    undefined,
    "burst_begun",
    "burst_lasting",
  ]);
});

const options = { windowMs: 60_000, periodMs: 500, maxSilenceMs: 6000, distribution: true };

const reply = (atSeconds: number): Outcome => ({
  kind: "reply",
  rttSeconds: 0.002,
  sentAtSeconds: atSeconds,
});
const lost = (atSeconds: number): Outcome => ({ kind: "lost", sentAtSeconds: atSeconds });
const refused = (atSeconds: number): Outcome => ({ kind: "refused", sentAtSeconds: atSeconds });

/** Records each outcome at the time of its sending; returns the kinds of what is to be logged. */
function record(totals: PairTotals, outcomes: readonly Outcome[]): string[] {
  return outcomes.flatMap((outcome) => {
    const nowMs = "sentAtSeconds" in outcome ? outcome.sentAtSeconds * 1000 : 0;
    return totals.record(outcome, nowMs).map(({ kind }) => kind);
  });
}

Deno.test("PairTotals begins at zero, with every ICMP error type", () => {
  const totals = new PairTotals(options);
  const { sent, received, rttSumSeconds, duplicates, sendFailures, lossBursts } = totals;
  assert.deepEqual(
    [sent, received, rttSumSeconds, duplicates, sendFailures, lossBursts],
    [0, 0, 0, 0, 0, 0],
  );
  assert.deepEqual([...totals.icmpErrors.values()], [0, 0, 0, 0, 0]);
});

Deno.test("PairTotals distinguishes reply, loss, refusal, duplicate and late reply", () => {
  const totals = new PairTotals(options);
  record(totals, [reply(1), lost(1.5), refused(2), { kind: "duplicate" }]);
  assert.deepEqual(
    [totals.sent, totals.received, totals.sendFailures, totals.duplicates],
    [3, 1, 1, 1],
  );
  record(totals, [{ kind: "late_reply", rttSeconds: 0.5 }]);
  assert.deepEqual([totals.sent, totals.received], [3, 2], "its sending is counted already");
  assert.ok(Math.abs(totals.rttSumSeconds - 0.502) < 1e-12);
  assert.equal(totals.window.statistics(1000)?.maxSeconds, 0.5);
  assert.equal(totals.distribution?.counts.reduce((sum, count) => sum + count), 2);
});

Deno.test("PairTotals keeps a distribution only when asked to", () => {
  assert.equal(new PairTotals({ ...options, distribution: false }).distribution, undefined);
});

Deno.test("PairTotals has room for the probes of a window, however seldom they are", () => {
  const hourly = { ...options, windowMs: 86_400_000, periodMs: 3_600_000 };
  const totals = new PairTotals(hourly);
  record(totals, [reply(0), reply(3600)]);
  assert.equal(totals.window.statistics(3_600_000)?.minSeconds, 0.002);
});

Deno.test("PairTotals counts a burst once, refused sends among the lost", () => {
  const totals = new PairTotals(options);
  const reported = record(totals, [
    reply(0),
    lost(0.5),
    refused(1),
    lost(1.5),
    lost(2),
    reply(2.5),
  ]);
  assert.deepEqual(reported, ["burst_begun", "burst_ended"]);
  assert.equal(totals.lossBursts, 1);
  record(totals, [lost(3), lost(3.5), reply(4), lost(4.5), lost(5), reply(5.5)]);
  assert.equal(totals.lossBursts, 1, "two in a row are no burst");
});

Deno.test("PairTotals ends a run of lost probes where time was not measured", () => {
  const totals = new PairTotals(options);
  assert.deepEqual(record(totals, [lost(0), lost(0.5), lost(10), lost(10.5)]), []);
  assert.equal(totals.lossBursts, 0);
  assert.deepEqual(record(totals, [lost(11), lost(20), reply(20.5)]), [
    "burst_begun",
    "burst_ended",
  ]);
  assert.equal(totals.lossBursts, 1);
});

Deno.test("PairTotals goes on with a run after a pause as short as a respawn", () => {
  const totals = new PairTotals(options);
  assert.deepEqual(record(totals, [lost(0), lost(0.5), lost(6)]), ["burst_begun"]);
});

Deno.test("PairTotals counts ICMP errors by type", () => {
  const totals = new PairTotals(options);
  totals.recordIcmpError("prohibited");
  totals.recordIcmpError("prohibited");
  assert.equal(totals.icmpErrors.get("prohibited"), 2);
  assert.equal(totals.icmpErrors.get("other"), 0);
});

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

Deno.test("RttWindow gives smallest, largest and population deviation", () => {
  const window = new RttWindow(1000, 8);
  [0.002, 0.004, 0.004, 0.004, 0.005, 0.005, 0.007, 0.009].forEach((rtt, i) => window.add(rtt, i));
  assert.deepEqual(window.statistics(8), {
    minSeconds: 0.002,
    maxSeconds: 0.009,
    stddevSeconds: 0.002,
  });
});

Deno.test("RttWindow is undefined, not 0, when nothing was received in it", () => {
  const window = new RttWindow(1000, 8);
  assert.equal(window.statistics(0), undefined);
  window.add(0.001, 500);
  assert.equal(window.statistics(1499)?.minSeconds, 0.001);
  assert.equal(window.statistics(1499)?.stddevSeconds, 0);
  assert.equal(window.statistics(1500), undefined);
});

Deno.test("RttWindow equals a plain computation over its last minute, at any rate and any gap", () => {
  const random = makeRandom(1);
  const window = new RttWindow(60_000, 8);
  let all: { rtt: number; atMs: number }[] = [];
  let nowMs = 0;
  for (let i = 0; i < 3000; i++) {
    nowMs += random() < 0.002 ? 70_000 : i % 1000 < 500 ? 900 : 20;
    const rtt = Math.round(random() * 1000) / 1e6;
    window.add(rtt, nowMs);
    all.push({ rtt, atMs: nowMs });
    all = all.filter(({ atMs }) => atMs > nowMs - 60_000);
    if (i % 50 !== 0) continue;
    const rtts = all.map((item) => item.rtt);
    const mean = rtts.reduce((sum, rtt) => sum + rtt, 0) / rtts.length;
    const variance = rtts.reduce((sum, rtt) => sum + (rtt - mean) ** 2, 0) / rtts.length;
    const found = window.statistics(nowMs);
    assert.ok(found !== undefined);
    assert.equal(found.minSeconds, Math.min(...rtts));
    assert.equal(found.maxSeconds, Math.max(...rtts));
    assert.ok(Math.abs(found.stddevSeconds - Math.sqrt(variance)) < 1e-9);
  }
});

Deno.test("RttWindow gives back what fping printed, to the microsecond, at every magnitude", () => {
  for (const rtt of [0, 0.000001, 0.000054, 0.00338, 0.0421, 0.701, 1.01, 8.999]) {
    const window = new RttWindow(1000, 8);
    window.add(rtt, 0);
    assert.deepEqual(window.statistics(0), { minSeconds: rtt, maxSeconds: rtt, stddevSeconds: 0 });
  }
});

Deno.test("RttWindow forgets a round-trip time that leaves, also when no other comes", () => {
  const window = new RttWindow(1000, 8);
  window.add(0.003, 0);
  window.add(0.001, 500);
  assert.equal(window.statistics(999)?.maxSeconds, 0.003);
  assert.equal(window.statistics(1000)?.maxSeconds, 0.001);
});
