import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { pauseMs, ReadBatcher } from "./read_batcher.ts";
import type { Pause } from "./read_batcher.ts";
import { systemClock } from "../platform/clock.ts";
import { FakeClock, settled } from "../../tests/fakes/clock.ts";

const spread = { lineBytes: 115, processes: 1, bursts: false, periodMs: 500 };
const bursts = { ...spread, bursts: true };

Deno.test("pauseMs() is short enough for the pipe at any rate, and never long", () => {
  assert.deepEqual(
    [0, 1, 900, 1000, 2500].map((lines) => Math.floor(pauseMs({ ...spread, lines }, 0))),
    [250, 250, 250, 227, 91],
  );
  assert.equal(pauseMs({ ...spread, lines: 1000, lineBytes: 90 }, 0), 250, "IPv4");
  for (const periodMs of [10, 50, 100, 500, 5000]) {
    for (const lines of [1, 2, 100, 202]) {
      const rate = { ...bursts, lines, periodMs, processes: 2 };
      const burstsMeanwhile = Math.floor(pauseMs(rate, 0) / periodMs) + 1;
      assert.ok(burstsMeanwhile * lines * 115 <= 65_536, `${lines} lines each ${periodMs} ms`);
      assert.ok(pauseMs(rate, 0) <= (periodMs === 500 ? 1000 : 500));
    }
  }
});

Deno.test("pauseMs() ends when the outcomes of the next burst are there", () => {
  const rate = { ...bursts, lines: 100, periodMs: 600 };
  assert.equal(pauseMs(rate, 5), 500);
  assert.equal(pauseMs(rate, 200), 405);
  assert.equal(pauseMs(rate, 599), 6);
  assert.equal(pauseMs(rate, 1400), 405, "a burst was all lost");
  for (const unknown of [-3, 2000, Infinity]) assert.equal(pauseMs(rate, unknown), 500);
  assert.equal(pauseMs({ ...rate, processes: 3 }, 200), 500, "bursts of three phases");
  assert.equal(pauseMs({ ...rate, periodMs: 5000 }, 200), 500);
});

Deno.test("pauseMs() waits for two bursts where they come within a second and the pipe holds three", () => {
  const rate = { ...bursts, lines: 102 };
  assert.equal(pauseMs(rate, 5), 1000);
  assert.equal(pauseMs(rate, 200), 805);
  assert.equal(pauseMs(rate, 499), 506);
  assert.equal(pauseMs({ ...rate, lines: 202, lineBytes: 91 }, 200), 805, "200 IPv4 targets");
  assert.equal(pauseMs({ ...rate, lines: 202 }, 200), 305, "the longest names of IPv6");
  assert.equal(pauseMs({ ...rate, periodMs: 200 }, 50), 355, "within half a second");
});

/** A batcher of pauses of 50 ms, which do not block the thread unless asked to. */
function startBatching(pause: Pause = { ms: 50, blocking: false }): {
  batcher: ReadBatcher;
  clock: FakeClock;
  asked: () => number;
  stop: () => Promise<void>;
} {
  const clock = new FakeClock();
  const batcher = new ReadBatcher(clock);
  const controller = new AbortController();
  let asked = 0;
  const ended = batcher.run(() => {
    asked++;
    return pause;
  }, controller.signal);
  const stop = async () => {
    controller.abort();
    await ended;
  };
  return { batcher, clock, asked: () => asked, stop };
}

const never = new AbortController().signal;

Deno.test("ReadBatcher.run() holds the thread for the pause, and lets others have a turn between", async () => {
  const controller = new AbortController();
  const ended = new ReadBatcher(systemClock).run(
    () => ({ ms: 50, blocking: true }),
    controller.signal,
  );
  const turns: number[] = [];
  for (let i = 0; i < 5; i++) {
    turns.push(performance.now());
    await delay(5);
  }
  controller.abort();
  await ended;
  const gaps = turns.slice(1).map((at, i) => at - (turns[i] ?? 0));
  assert.ok(gaps.some((ms) => ms >= 45), `${gaps}`);
});

Deno.test("ReadBatcher.rest() lasts until the next beat, for all who rest", async () => {
  const { batcher, clock, stop } = startBatching();
  let woken = 0;
  for (let i = 0; i < 2; i++) batcher.rest(never).then(() => woken++);
  await clock.advance(50);
  await settled();
  assert.equal(woken, 0);
  await clock.advance(1);
  await settled();
  assert.equal(woken, 2);
  await stop();
});

Deno.test("ReadBatcher.rest() ends with its signal, and does not begin after it", async () => {
  const { batcher, stop } = startBatching();
  const controller = new AbortController();
  const resting = batcher.rest(controller.signal);
  controller.abort();
  await resting;
  await batcher.rest(controller.signal);
  await stop();
});

Deno.test("ReadBatcher.run() releases who begins to rest right after the pause, too", async () => {
  const { batcher, clock, asked, stop } = startBatching();
  await clock.advance(50);
  const resting = batcher.rest(never);
  await clock.advance(1);
  await resting;
  assert.equal(asked(), 2, "the next pause begins at once");
  await stop();
});

Deno.test("ReadBatcher.run() waits some turns for what is not read at once, and not for ever", async () => {
  const { batcher, clock, asked, stop } = startBatching();
  await clock.advance(51);
  const resting = batcher.rest(never);
  await clock.advance(1);
  await resting;
  assert.equal(asked(), 2, "a busy machine reads in a later turn of the event loop");
  await clock.advance(50 + 3);
  assert.equal(asked(), 2);
  await clock.advance(1);
  assert.equal(asked(), 3, "nothing has come at all");
  await stop();
});

Deno.test("ReadBatcher.run() releases twice where lines were read before the pause was over", async () => {
  const { batcher, clock, stop } = startBatching();
  const rests: number[] = [];
  const read = async () => {
    for (let part = 0; part < 2; part++) {
      await batcher.rest(never);
      rests.push(clock.monotonicMs());
    }
  };
  const reading = read();
  await clock.advance(60);
  await reading;
  assert.deepEqual(rests, [51, 52], "the first lines, and what came after them");
  await stop();
});

Deno.test("ReadBatcher.unblockedDuring() passes all parts on, and does not block the thread meanwhile", async () => {
  const clock = new FakeClock();
  const batcher = new ReadBatcher(clock);
  const gate = Promise.withResolvers<void>();
  async function* parts(): AsyncGenerator<string> {
    yield "a";
    await gate.promise;
    yield "b";
  }
  const seen: string[] = [];
  const read = (async () => {
    for await (const part of batcher.unblockedDuring(parts())) seen.push(part);
  })();
  await settled();
  const controller = new AbortController();
  const startedMs = performance.now();
  const ended = batcher.run(() => ({ ms: 3000, blocking: true }), controller.signal);
  await settled();
  assert.ok(performance.now() - startedMs < 2000);
  assert.deepEqual(clock.slept, [3000], "it sleeps like everybody");
  controller.abort();
  gate.resolve();
  await Promise.all([read, ended]);
  assert.deepEqual(seen, ["a", "b"]);
});

Deno.test("ReadBatcher.unblockedDuring() lets go when the reader stops early", async () => {
  const clock = new FakeClock();
  const batcher = new ReadBatcher(clock);
  for await (const _ of batcher.unblockedDuring(ReadableStream.from(["a", "b"]))) break;
  const controller = new AbortController();
  const ended = batcher.run(() => ({ ms: 20, blocking: true }), controller.signal);
  await settled();
  controller.abort();
  await ended;
  assert.ok(!clock.slept.includes(20));
});

Deno.test("ReadBatcher.beatClock wakes its sleepers with the next beat, after those who read", async () => {
  const { batcher, clock, stop } = startBatching();
  const seen: string[] = [];
  const { beatClock } = batcher;
  beatClock.sleep(20, never).then(() => seen.push(`look ${beatClock.monotonicMs()}`));
  beatClock.sleep(155, never).then(() => seen.push(`early ${beatClock.monotonicMs()}`));
  beatClock.sleep(200, never).then(() => seen.push(`late ${beatClock.monotonicMs()}`));
  batcher.rest(never).then(async () => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    seen.push("read");
  });
  await clock.advance(51);
  await settled();
  assert.deepEqual(seen, ["read", "look 51"]);
  await clock.advance(120);
  assert.equal(seen.length, 4, `${seen}: within a tenth of a second of its time`);
  await stop();
});

Deno.test("ReadBatcher.beatClock rejects with the reason of the signal, at once and later", async () => {
  const { batcher, stop } = startBatching();
  const reason = new Error("SIGTERM");
  await assert.rejects(batcher.beatClock.sleep(20, AbortSignal.abort(reason)), reason);
  const controller = new AbortController();
  const sleeping = batcher.beatClock.sleep(20, controller.signal);
  controller.abort(reason);
  await assert.rejects(sleeping, reason);
  await stop();
});

Deno.test("ReadBatcher.sleepUnblocked() wakes at its time, however long the pauses are", async () => {
  const batcher = new ReadBatcher(systemClock);
  const controller = new AbortController();
  const sleeping = batcher.sleepUnblocked(50, never);
  const startedMs = performance.now();
  const ended = batcher.run(() => ({ ms: 3000, blocking: true }), controller.signal);
  await sleeping;
  assert.ok(performance.now() - startedMs < 2000);
  controller.abort();
  await ended;
});
