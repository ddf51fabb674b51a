import assert from "node:assert/strict";
import { ClockGuard } from "./watchdog.ts";
import { FakeClock } from "../../tests/fakes/clock.ts";

Deno.test("ClockGuard reports a step both ways, once", async () => {
  const clock = new FakeClock(1_000_000);
  const guard = new ClockGuard(clock);
  await clock.advance(500);
  assert.equal(guard.stepMs(), 0);
  for (const stepMs of [251, -251, 60_000, -3_600_000]) {
    clock.stepWall(stepMs);
    assert.equal(guard.stepMs(), stepMs);
    assert.equal(guard.stepMs(), 0);
  }
});

Deno.test("ClockGuard takes slewing, small steps and a frozen agent for none", async () => {
  const clock = new FakeClock(1_000_000);
  const guard = new ClockGuard(clock);
  for (let check = 0; check < 100; check++) {
    clock.stepWall(check % 2 === 0 ? 250 : 200);
    assert.equal(guard.stepMs(), 0);
  }
  await clock.advance(25_000);
  assert.equal(guard.stepMs(), 0);
});

Deno.test("ClockGuard gives the latest time stamp that is not from the future", () => {
  assert.equal(new ClockGuard(new FakeClock(1_000_000)).latestStampSeconds(), 1000.25);
});
