import assert from "node:assert/strict";
import type { Outcome } from "../fping/outcome.ts";
import { PairTotals } from "./pair_totals.ts";

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

Deno.test("PairTotals tells reply, loss, refusal, duplicate and late line apart", () => {
  const totals = new PairTotals(options);
  record(totals, [reply(1), lost(1.5), refused(2), { kind: "duplicate" }]);
  assert.deepEqual(
    [totals.sent, totals.received, totals.sendFailures, totals.duplicates],
    [3, 1, 1, 1],
  );
  record(totals, [{ kind: "late_line", rttSeconds: 0.5 }]);
  assert.deepEqual([totals.sent, totals.received], [3, 2], "its sending is counted already");
  assert.ok(Math.abs(totals.rttSumSeconds - 0.502) < 1e-12);
  assert.equal(totals.window.statistics(1000)?.maxSeconds, 0.5);
  assert.equal(totals.distribution?.counts.reduce((sum, count) => sum + count), 2);
});

Deno.test("PairTotals keeps a distribution only when asked to", () => {
  assert.equal(new PairTotals({ ...options, distribution: false }).distribution, undefined);
});

Deno.test("PairTotals has room for the probes of its window, and not for more", () => {
  const hourly = { ...options, windowMs: 86_400_000, periodMs: 3_600_000 };
  const totals = new PairTotals(hourly);
  record(totals, [reply(0), reply(3600)]);
  assert.equal(totals.window.statistics(3_600_000)?.minSeconds, 0.002);
});

Deno.test("PairTotals counts a burst once, refused sends among the lost", () => {
  const totals = new PairTotals(options);
  const told = record(totals, [reply(0), lost(0.5), refused(1), lost(1.5), lost(2), reply(2.5)]);
  assert.deepEqual(told, ["burst_begun", "burst_ended"]);
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
