import assert from "node:assert/strict";
import { FakeLog } from "../../tests/fakes/log.ts";
import { MeasurementLog } from "./measurement_log.ts";

function makeLog(): { told: MeasurementLog; log: FakeLog; pass: (ms: number) => void } {
  const log = new FakeLog();
  let nowMs = 0;
  const told = new MeasurementLog({
    ...{ node: "node-0", fping: "fping", log },
    monotonicMs: () => nowMs,
  });
  return { told, log, pass: (ms) => void (nowMs += ms) };
}

Deno.test("MeasurementLog tells of 20 ends of fping a minute, and how many it held back", () => {
  const { told, log, pass } = makeLog();
  const end = { kind: "silent", silentMs: 5000 } as const;
  for (let count = 0; count < 100; count++) assert.equal(told.fpingEnded(end, 1000), "silent");
  assert.equal(log.lines.length, 20);
  pass(60_000);
  told.fpingEnded(end, 2000);
  assert.deepEqual(log.lines.at(-1)?.fields, {
    silent_ms: 5000,
    next_start_in_ms: 2000,
    held_back: 80,
  });
});

Deno.test("MeasurementLog tells the end of fping though its lines are held back", () => {
  const { told, log } = makeLog();
  for (let count = 0; count < 100; count++) told.unparsedLine("rubbish");
  assert.equal(log.lines.length, 5);
  told.fpingMessage("also held back");
  told.fpingDeaf("5.5");
  assert.deepEqual(log.messages("error").length, 1);
  assert.equal(log.lines.length, 6);
});
