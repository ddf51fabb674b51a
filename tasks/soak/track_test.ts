import assert from "node:assert/strict";
import { tracksOf } from "./track.ts";
import type { AgentReading } from "./track.ts";

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

Deno.test("tracksOf() begins anew with a destination that had been gone, and tells of counters that fall", () => {
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
