import assert from "node:assert/strict";
import { systemClock } from "./clock.ts";

const never = new AbortController().signal;

Deno.test("systemClock tells wall and monotonic time", async () => {
  assert.ok(Math.abs(systemClock.wallMs() - Date.now()) < 1000);
  const before = systemClock.monotonicMs();
  await systemClock.sleep(20, never);
  const sleptMs = systemClock.monotonicMs() - before;
  assert.ok(sleptMs >= 19 && sleptMs < 5000, `${sleptMs}`);
});

Deno.test("systemClock.sleep() rejects with the signal's reason, at once and later", async () => {
  const reason = new Error("SIGTERM");
  await assert.rejects(systemClock.sleep(60_000, AbortSignal.abort(reason)), reason);
  const controller = new AbortController();
  const slept = systemClock.sleep(60_000, controller.signal);
  controller.abort(reason);
  await assert.rejects(slept, reason);
});

Deno.test("systemClock.sleep() sleeps a month, too, which no timer can", async () => {
  const controller = new AbortController();
  const slept = systemClock.sleep(31 * 86_400_000, controller.signal);
  const woken = await Promise.race([slept.then(() => true), systemClock.sleep(50, never)]);
  assert.equal(woken, undefined);
  controller.abort(new Error("enough"));
  await assert.rejects(slept, /enough/);
});
