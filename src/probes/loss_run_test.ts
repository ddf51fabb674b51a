import assert from "node:assert/strict";
import { LossRun } from "./loss_run.ts";

function lose(run: LossRun, fromSeconds: number, count: number): (string | undefined)[] {
  return Array.from({ length: count }, (_, i) => run.lost(fromSeconds + i / 2)?.kind);
}

Deno.test("LossRun tells a burst at the third lost probe, once", () => {
  const run = new LossRun();
  assert.deepEqual(lose(run, 100, 5), [
    undefined,
    undefined,
    "burst_begun",
    undefined,
    undefined,
  ]);
});

Deno.test("LossRun tells nothing of one or two lost probes", () => {
  const run = new LossRun();
  for (const count of [0, 1, 2]) {
    lose(run, 100, count);
    assert.equal(run.answered(110), undefined);
    assert.equal(run.answered(111), undefined);
  }
});

Deno.test("LossRun tells once that a burst has lasted five seconds", () => {
  const run = new LossRun();
  const kinds = lose(run, 100, 20);
  assert.equal(kinds.indexOf("burst_lasting"), 10);
  assert.equal(kinds.lastIndexOf("burst_lasting"), 10);
});

Deno.test("LossRun tells the end of a burst with start, duration and count", () => {
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

Deno.test("LossRun tells nothing of two lost probes, however far they are apart", () => {
  const run = new LossRun();
  assert.deepEqual([100, 110, 120, 130].map((at) => run.lost(at)?.kind), [
    undefined,
    undefined,
    "burst_begun",
    "burst_lasting",
  ]);
});
