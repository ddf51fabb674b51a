import assert from "node:assert/strict";
import type { Clock } from "../platform/clock.ts";
import { FakeClock } from "../../tests/fakes/clock.ts";
import { ApiError } from "../kubernetes/client.ts";
import { informedNodes, makeDebounce } from "./watch.ts";

/** A clock whose time passes only in sleep(), where things may happen at given moments. */
function heldClock(events: readonly { readonly atMs: number; readonly run: () => void }[]): Clock {
  let nowMs = 0;
  let looks = 0;
  const left = [...events];
  return {
    wallMs: () => nowMs,
    monotonicMs: () => {
      assert.ok(++looks < 1000, "It goes round without sleeping");
      return nowMs;
    },
    sleep: async (ms, signal) => {
      await Promise.resolve();
      signal.throwIfAborted();
      const endMs = nowMs + ms;
      while (left[0] !== undefined && left[0].atMs < endMs) {
        nowMs = left[0].atMs;
        left.shift()?.run();
        await Promise.resolve();
        signal.throwIfAborted();
      }
      nowMs = endMs;
    },
  };
}

async function settledAt(changesMs: readonly number[], maxMs: number): Promise<number> {
  const clock = heldClock(changesMs.map((atMs) => ({ atMs, run: () => debounce.notify() })));
  const debounce = makeDebounce({ clock, quietMs: 2000, maxWaitMs: 10_000 });
  await debounce.wait(maxMs, new AbortController().signal);
  return clock.monotonicMs();
}

Deno.test("Debounce waits until changes are quiet", async () => {
  assert.equal(await settledAt([1000], 60_000), 3000);
  assert.equal(await settledAt([1000, 2500], 60_000), 4500);
});

Deno.test("Debounce waits no longer than maxWaitMs", async () => {
  const changes = Array.from({ length: 30 }, (_, index) => 1000 + index * 1000);
  assert.equal(await settledAt(changes, 60_000), 11_000);
});

Deno.test("Debounce comes back when nothing changes", async () => {
  assert.equal(await settledAt([], 5000), 5000);
});

Deno.test("Debounce ends with its signal", async () => {
  const controller = new AbortController();
  const clock = heldClock([{ atMs: 1, run: () => controller.abort(new Error("stop")) }]);
  const debounce = makeDebounce({ clock, quietMs: 2000, maxWaitMs: 10_000 });
  await assert.rejects(debounce.wait(5000, controller.signal), /stop/);
});

Deno.test("informedNodes() fails while the nodes cannot be followed, and answers as soon as they are listed again", async () => {
  const clock = new FakeClock();
  const end = new AbortController();
  const { signal } = end;
  let isForbidden = true;
  let changes = 0;
  const failures: string[] = [];
  const answer = () => {
    if (isForbidden) throw new ApiError("nodes is forbidden", 403, "Forbidden");
  };
  const items = [{ metadata: { name: "a" } }];
  const source = informedNodes({
    ...{ clock, signal, onChange: () => void changes++ },
    onFailure: (message) => void failures.push(message),
    api: {
      namespace: "default",
      json: async () => {
        await Promise.resolve(answer());
        return { items, metadata: { resourceVersion: "1" } };
      },
      text: () => assert.fail(),
      // deno-lint-ignore require-yield
      lines: async function* (): AsyncGenerator<string> {
        await clock.sleep(10_000, signal);
        answer();
      },
      [Symbol.dispose]: () => {},
    },
  });
  const names = async () => (await source("")).map(({ name }) => name).join();
  const first = names().catch(String);
  await clock.advance(40_000);
  assert.equal(await first, "ApiError: nodes is forbidden");
  assert.equal(failures.length, 5);
  isForbidden = false;
  await clock.advance(15_000);
  assert.deepEqual([await names(), changes], ["a", 1]);
  isForbidden = true;
  await clock.advance(20_000);
  assert.deepEqual([await names(), changes], ["a", 1], "a short failure is none");
  await clock.advance(120_000);
  await assert.rejects(names(), /nodes is forbidden/);
  assert.equal(changes, 2, "a run that finds it out");
  end.abort();
});
