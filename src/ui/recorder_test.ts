import assert from "node:assert/strict";
import type { SourceReport } from "../mesh/source_report.ts";
import { Recorder } from "./recorder.ts";

function report(source: string, sent: number, received: number, rttSumSeconds = 0): SourceReport {
  const destination = source === "a" ? "b" : "a";
  const totals = [{
    ...{ destination, address: destination, kind: "node" as const },
    ...{ sent, received, rttSumSeconds },
  }];
  return { source, totals, cordoned: [], measuring: true };
}

function add(recorder: Recorder, seconds: number, ...reports: readonly SourceReport[]): void {
  recorder.add({ reports, missing: [], atMs: 1e6 + seconds * 1000, monotonicMs: seconds * 1000 });
}

const counts = (recorder: Recorder, windowMs: number, options = {}) =>
  recorder.window(windowMs, options).pairs
    .map(({ source, sent, received }) => [source, sent, received]);

Deno.test("Recorder counts between readings, over at least the window that is asked for", () => {
  const recorder = new Recorder(2000);
  add(recorder, 0, report("a", 100, 90), report("b", 100, 100));
  for (let step = 1; step <= 5; step++) {
    add(recorder, 2 * step, report("a", 100 + 4 * step, 90 + 3 * step), report("b", 100, 100));
  }
  assert.deepEqual(counts(recorder, 1000), [["a", 4, 3]]);
  assert.equal(recorder.windowMs(5000), 6000);
  assert.deepEqual(counts(recorder, 5000), [["a", 12, 9]]);
  assert.deepEqual(counts(recorder, 60_000), [["a", 20, 15]]);
  assert.deepEqual(counts(recorder, 1000, { untilMs: 1e6 + 5000 }), [["a", 4, 3]]);
  const silent = recorder.window(1000).sources.find(({ name }) => name === "b");
  assert.equal(silent?.reason, "its agent sent no probe in the time looked at");
});

Deno.test("Recorder counts from nothing after a restart of an agent, and anew after a long gap", () => {
  const recorder = new Recorder(2000);
  add(recorder, 0, report("a", 100, 100));
  add(recorder, 2, report("a", 3, 2));
  assert.deepEqual(counts(recorder, 1000), [["a", 3, 2]]);
  // The laptop slept: what happened meanwhile is not "now".
  add(recorder, 2000, report("a", 4000, 1000));
  assert.deepEqual(counts(recorder, 1000), []);
  add(recorder, 2002, report("a", 4004, 1004));
  assert.deepEqual(counts(recorder, 1000), [["a", 4, 4]]);
});

Deno.test("Recorder keeps of an agent that does not answer what was counted when it is back", () => {
  const recorder = new Recorder(2000);
  add(recorder, 0, report("a", 100, 100), report("b", 100, 100));
  recorder.add({
    reports: [report("b", 104, 104)],
    missing: [{ source: "a", reason: "it does not answer" }],
    ...{ atMs: 1e6 + 2000, monotonicMs: 2000 },
  });
  assert.deepEqual(counts(recorder, 1000), [["b", 4, 4]]);
  const { reason } = recorder.window(1000).sources.find(({ name }) => name === "a") ?? {};
  assert.equal(reason, "it does not answer");
  add(recorder, 4, report("a", 108, 106), report("b", 108, 108));
  assert.deepEqual(counts(recorder, 1000), [["a", 8, 6], ["b", 4, 4]]);
});

Deno.test("Recorder leaves out of a pair what was before its restart", () => {
  const recorder = new Recorder(2000);
  add(recorder, 0, report("a", 0, 0));
  add(recorder, 2, report("a", 4, 0));
  recorder.restart([0]);
  add(recorder, 4, report("a", 8, 4));
  assert.deepEqual(counts(recorder, 60_000, { sinceRestart: true }), [["a", 4, 4]]);
  assert.deepEqual(counts(recorder, 60_000), [["a", 8, 4]]);
  assert.deepEqual(recorder.tally([0], 60_000), { sent: 4, lost: 0, lossySteps: 0 });
});

Deno.test("Recorder traces a pair's loss and mean round-trip time, reading by reading", () => {
  const recorder = new Recorder(2000);
  add(recorder, 0, report("a", 0, 0, 0));
  add(recorder, 2, report("a", 4, 2, 0.25));
  add(recorder, 4);
  add(recorder, 6, report("a", 12, 2, 0.25));
  const { at, loss, rttSeconds } = recorder.trace("a", "b");
  assert.deepEqual(at, [1e6, 1_002_000, 1_004_000, 1_006_000]);
  assert.deepEqual(loss, [null, 0.5, null, 1]);
  assert.deepEqual(rttSeconds, [null, 0.125, null, null]);
  assert.deepEqual(recorder.trace("b", "a").loss, [null, null, null, null]);
});

Deno.test("Recorder keeps no more than its memory allows, of 1,000 nodes of 64 peers", () => {
  const recorder = new Recorder(2000);
  const reports = Array.from({ length: 1000 }, (_, node): SourceReport => ({
    ...{ source: `node-${node}`, cordoned: [], measuring: true },
    totals: Array.from({ length: 64 }, (_, peer) => ({
      destination: `node-${(node + peer + 1) % 1000}`,
      ...{ address: `10.0.0.${peer}`, kind: "node" as const, sent: 4, received: 4 },
    })),
  }));
  for (let step = 0; step < 140; step++) add(recorder, 2 * step, ...reports);
  assert.equal(recorder.times.length, 125);
  assert.equal(recorder.windowMs(300_000), 248_000);
});

Deno.test("Recorder takes no destination without end from an agent that makes up names", () => {
  const recorder = new Recorder(2000);
  const made = (step: number): SourceReport => ({
    ...{ source: "a", cordoned: [], measuring: true },
    totals: Array.from({ length: 9000 }, (_, place) => ({
      ...{ destination: `node-${step}-${place}`, address: "10.0.0.9", kind: "node" as const },
      ...{ sent: 4 * step, received: 4 * step },
    })),
  });
  const others = (step: number) => report("b", 4 * step, 3 * step);
  for (let step = 1; step <= 4; step++) add(recorder, 2 * step, made(step), others(step));
  assert.equal(recorder.pairs.length, 20_001);
  const ofB = counts(recorder, 1000).filter(([source]) => source === "b");
  assert.deepEqual(ofB, [["b", 4, 3]], "the others count as before");
});

Deno.test("Recorder forgets the pairs of nodes that were replaced, and counts the others as before", () => {
  const recorder = new Recorder(2000);
  const ofGeneration = (generation: number, step: number, received: number): SourceReport[] =>
    ["a", "b", "c"].map((name) => ({
      ...{ source: `${name}${generation}`, cordoned: [], measuring: true },
      totals: ["a", "b", "c"].filter((other) => other !== name).map((other) => ({
        ...{ destination: `${other}${generation}`, address: other, kind: "node" as const },
        ...{ sent: 4 * step, received: received * step },
      })),
    }));
  for (let step = 0; step < 950; step++) {
    const generation = Math.min(3, Math.floor(step / 10));
    const before = recorder.generation;
    add(recorder, 2 * step, ...ofGeneration(generation, step, generation));
    if (recorder.generation !== before) {
      assert.deepEqual(counts(recorder, 1000)[0], ["a3", 4, 3], "in the reading that forgets");
    }
    if (step === 40) {
      assert.equal(recorder.pairs.length, 24);
      assert.deepEqual(counts(recorder, 1000, { untilMs: 1e6 + 30_000 })[0], ["a1", 4, 1]);
    }
  }
  assert.deepEqual(
    new Set(recorder.pairs.map(({ source }) => source)),
    new Set(["a3", "b3", "c3"]),
  );
  assert.equal(recorder.times.length, 900);
  assert.equal(counts(recorder, 1000).length, 6);
  assert.deepEqual(counts(recorder, 1000)[0], ["a3", 4, 3]);
  assert.deepEqual(counts(recorder, 9000, { untilMs: 1e6 + 1_000_000 })[0], ["a3", 20, 15]);
  assert.equal(recorder.trace("a3", "b3").loss.at(-1), 0.25);
  const pair = recorder.pairs.findIndex(({ source }) => source === "b3");
  assert.deepEqual(recorder.tally([pair], 1000), { sent: 4, lost: 1, lossySteps: 1 });
  assert.deepEqual(recorder.trace("a0", "b0").loss.at(-1), null);
});

Deno.test("Recorder forgets all nodes that were replaced at once, and what it knew of their agents", () => {
  const recorder = new Recorder(2000);
  for (let step = 0; step < 950; step++) {
    const prefix = step < 10 ? "old" : "new";
    add(
      recorder,
      2 * step,
      report(`${prefix}1`, 4 * step, 4 * step),
      report(`${prefix}2`, 4 * step, 3 * step),
    );
  }
  assert.deepEqual(recorder.pairs.map(({ source }) => source), ["new1", "new2"]);
  assert.deepEqual(counts(recorder, 1000), [["new1", 4, 4], ["new2", 4, 3]]);
});

Deno.test("Recorder rounds the fractions that Prometheus makes", () => {
  const recorder = new Recorder(2000);
  add(recorder, 0, report("a", 0, 0));
  add(recorder, 2, report("a", 119.6, 118));
  assert.deepEqual(counts(recorder, 1000), [["a", 120, 118]]);
});

Deno.test("Recorder knows which nodes the cluster does not have, as the last reading says", () => {
  const recorder = new Recorder(2000);
  const add = (seconds: number, nodeNames: readonly string[]) =>
    recorder.add({
      reports: [report("a", 100 + 2 * seconds, 100)],
      missing: [{ source: "b", reason: "no agent runs on it" }],
      ...{ atMs: 1e6 + seconds * 1000, monotonicMs: seconds * 1000, nodeNames },
    });
  add(0, ["a", "b"]);
  add(2, ["a", "b"]);
  assert.deepEqual(recorder.window(1000).stale, []);
  add(4, ["a", "c"]);
  assert.deepEqual(recorder.window(1000).stale, ["b"]);
});
