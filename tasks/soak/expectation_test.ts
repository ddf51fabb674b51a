import assert from "node:assert/strict";
import { expectedLost, expectedSent, isWithin, tracksOf } from "./expectation.ts";
import type { AgentReading, LossWindow, Stretch, Track } from "./expectation.ts";

function reading(
  atSeconds: number,
  counts: Readonly<Record<string, readonly [number, number]>>,
  incarnation = "first",
): AgentReading {
  const entries = Object.entries(counts).map(([node, [sent, received]]) =>
    [node, { sent, received }] as const
  );
  return { source: "a", incarnation, atSeconds, counts: new Map(entries) };
}

Deno.test("tracksOf() counts from the first reading of a pair", () => {
  const [b, c] = tracksOf([
    reading(10, { b: [100, 100] }),
    reading(20, { b: [120, 115], c: [6, 5] }),
    reading(30, { b: [140, 134], c: [26, 25] }),
  ]);
  assert.deepEqual(b?.stretches, [{ fromSeconds: 10, toSeconds: 30, sent: 40, lost: 6 }]);
  assert.deepEqual(c?.stretches, [{ fromSeconds: 20, toSeconds: 30, sent: 20, lost: 0 }]);
});

Deno.test("tracksOf() leaves out the time in which the agent was started again, also at a higher count", () => {
  const [b] = tracksOf([
    reading(10, { b: [10, 10] }),
    reading(20, { b: [30, 29] }),
    reading(90, { b: [90, 90] }, "second"),
    reading(95, { b: [100, 99] }, "second"),
  ]);
  assert.deepEqual(b?.stretches, [
    { fromSeconds: 10, toSeconds: 20, sent: 20, lost: 1 },
    { fromSeconds: 90, toSeconds: 95, sent: 10, lost: 1 },
  ]);
  assert.equal(b?.wentBack, false);
});

Deno.test("tracksOf() begins anew with a destination that had been gone, and reports counters that fall", () => {
  const [b] = tracksOf([
    reading(10, { b: [10, 10] }),
    reading(20, {}),
    reading(30, { b: [4, 4] }),
    reading(40, { b: [24, 24] }),
  ]);
  assert.deepEqual(b?.stretches.map(({ sent }) => sent), [0, 20]);
  assert.equal(b?.wentBack, false);
  const [fallen] = tracksOf([reading(10, { b: [10, 10] }), reading(20, { b: [9, 9] })]);
  assert.equal(fallen?.wentBack, true);
});

function track(source: string, destination: string, ...times: [number, number][]): Track {
  const stretches = times.map(([fromSeconds, toSeconds]): Stretch => ({
    ...{ fromSeconds, toSeconds, sent: 0, lost: 0 },
  }));
  return { source, destination, stretches, wentBack: false };
}

function loss(nodes: readonly string[], from: number, to: number, share = 1): LossWindow {
  return {
    ...{ nodes, share },
    begin: { earliestSeconds: from - 0.1, latestSeconds: from + 0.1 },
    end: { earliestSeconds: to - 0.1, latestSeconds: to + 0.1 },
  };
}

Deno.test("expectedSent() is the time watched by the rate, within some probes and 0.2 percent", () => {
  const pace = { periodSeconds: 0.5, listChanges: 0 };
  assert.deepEqual(expectedSent(track("a", "b", [0, 600]), pace), { low: 1193, high: 1204 });
  const twice = track("a", "b", [0, 100], [200, 300]);
  assert.deepEqual(expectedSent(twice, pace), { low: 391, high: 408 });
  assert.deepEqual(expectedSent(twice, { ...pace, listChanges: 2 }), { low: 391, high: 414 });
});

Deno.test("expectedLost() is nothing for a pair that no fault touched, and for faults nobody watched", () => {
  const windows = [loss(["a", "b"], 100, 120), loss(["c"], 200, 220)];
  assert.deepEqual(expectedLost(track("a", "d", [0, 600]), windows, 0.5), { low: 0, high: 0 });
  const absent = track("c", "a", [0, 190], [230, 600]);
  assert.deepEqual(expectedLost(absent, windows, 0.5), { low: 0, high: 0 });
});

Deno.test("expectedLost() follows a cut link in both pairs, and a node in its row and column", () => {
  const windows = [loss(["a", "b"], 100, 120), loss(["c"], 200, 220)];
  for (const [source, destination] of [["a", "b"], ["b", "a"], ["c", "a"], ["b", "c"]] as const) {
    const range = expectedLost(track(source, destination, [0, 600]), windows, 0.5);
    assert.deepEqual(range, { low: 37, high: 43 }, `${source} ${destination}`);
  }
});

Deno.test("expectedLost() adds the windows of a flapping link", () => {
  const windows = [0, 10, 20].map((from) => loss(["a", "b"], 100 + from, 105 + from));
  const range = expectedLost(track("a", "b", [0, 600]), windows, 0.5);
  assert.ok(
    isWithin(30, range) && !isWithin(21, range) && !isWithin(39, range),
    JSON.stringify(range),
  );
});

Deno.test("expectedLost() allows chance where a part is lost", () => {
  const range = expectedLost(track("a", "b", [0, 600]), [loss(["a", "b"], 100, 150, 0.3)], 0.5);
  assert.ok(
    isWithin(30, range) && !isWithin(0, range) && !isWithin(60, range),
    JSON.stringify(range),
  );
});
