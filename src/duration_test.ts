import assert from "node:assert/strict";
import { parseDurationMs } from "./duration.ts";

Deno.test("parseDurationMs() reads every unit, and fractions", () => {
  const cases: readonly [string, number][] = [
    ["500ms", 500],
    ["1s", 1000],
    ["1.5s", 1500],
    ["5m", 300_000],
    ["2h", 7_200_000],
    ["0s", 0],
  ];
  for (const [text, ms] of cases) assert.equal(parseDurationMs(text), ms, text);
});

Deno.test("parseDurationMs() refuses what is no duration", () => {
  for (const text of ["", "5", "s", "-1s", "1 s", "1d", "1e3s", "1s1s", ".5s"]) {
    assert.equal(parseDurationMs(text), undefined, text);
  }
});
