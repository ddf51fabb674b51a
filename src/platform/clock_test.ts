import assert from "node:assert/strict";
import { Backoff, systemClock, valueWithin, whenAborted, within } from "./clock.ts";

function waits(backoff: Backoff, count: number): readonly number[] {
  return Array.from({ length: count }, () => backoff.next());
}

Deno.test("Backoff doubles up to its bound, and stays there", () => {
  const backoff = new Backoff({ firstMs: 500, maxMs: 3000 });
  assert.deepEqual(waits(backoff, 6), [500, 1000, 2000, 3000, 3000, 3000]);
  assert.deepEqual(waits(backoff, 2000).at(-1), 3000);
});

Deno.test("Backoff goes on from another second wait where there is one", () => {
  const backoff = new Backoff({ firstMs: 100, secondMs: 1000, maxMs: 3000 });
  assert.deepEqual(waits(backoff, 5), [100, 1000, 2000, 3000, 3000]);
});

Deno.test("Backoff begins again after a success", () => {
  const backoff = new Backoff({ firstMs: 1, maxMs: 9 });
  waits(backoff, 5);
  backoff.reset();
  assert.deepEqual(waits(backoff, 2), [1, 2]);
});

const never = new AbortController().signal;

Deno.test("systemClock gives wall and monotonic time", async () => {
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

/** Work without an end, which heeds its signal. */
function forEver(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    if (signal.aborted) reject(signal.reason);
  });
}

Deno.test("within() ends work that takes too long, and says how long it had", async () => {
  const { signal } = new AbortController();
  await assert.rejects(within(20, signal, forEver), { message: "No answer within 0.02 s" });
});

Deno.test("within() passes on what the work gives, throws, or is aborted for", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  assert.equal(await within(60_000, signal, () => Promise.resolve(7)), 7);
  const refused = () => Promise.reject(new Error("Connection refused"));
  await assert.rejects(within(60_000, signal, refused), { message: "Connection refused" });
  const ended = within(60_000, signal, forEver);
  controller.abort(new Error("Received SIGTERM"));
  await assert.rejects(ended, { message: "Received SIGTERM" });
});

Deno.test("whenAborted() calls back all who still wait, once, and has one listener a signal", () => {
  const controller = new AbortController();
  const called: string[] = [];
  let listeners = 0;
  const { signal } = controller;
  const addEventListener = signal.addEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<AbortSignal["addEventListener"]>) => {
    listeners++;
    addEventListener(...args);
  };
  whenAborted(signal, () => called.push("a"));
  const callOff = whenAborted(signal, () => called.push("b"));
  whenAborted(signal, () => called.push("c"));
  callOff();
  controller.abort();
  assert.deepEqual(called, ["a", "c"]);
  assert.equal(listeners, 1);
});

Deno.test("valueWithin() gives what comes in time, and undefined for what comes later", async () => {
  assert.equal(await valueWithin(10_000, Promise.resolve("value")), "value");
  assert.equal(await valueWithin(10, new Promise<string>(() => {})), undefined);
  await assert.rejects(valueWithin(10_000, Promise.reject(new Error("no"))), { message: "no" });
});
