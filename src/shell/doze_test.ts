import assert from "node:assert/strict";
import { FakeClock } from "../../tests/fakes/clock.ts";
import { systemClock } from "./clock.ts";
import { Dozer } from "./doze.ts";

Deno.test("Dozer.run() holds the thread for the time asked, and lets others have a turn between", async () => {
  const controller = new AbortController();
  const ended = new Dozer(systemClock).run(() => 50, controller.signal);
  const turns: number[] = [];
  for (let i = 0; i < 5; i++) {
    turns.push(performance.now());
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  controller.abort();
  await ended;
  const gaps = turns.slice(1).map((at, i) => at - (turns[i] ?? 0));
  assert.ok(gaps.some((ms) => ms >= 45), `${gaps}`);
});

Deno.test("Dozer.run() looks again now and then while there is nothing to doze for", async () => {
  const clock = new FakeClock();
  const controller = new AbortController();
  let asked = 0;
  const ended = new Dozer(clock).run(() => (asked++, 0), controller.signal);
  await clock.advance(1000);
  controller.abort();
  await ended;
  assert.equal(asked, 11);
});

Deno.test("Dozer.awakeDuring() passes all parts on and keeps awake until the last", async () => {
  const clock = new FakeClock();
  const dozer = new Dozer(clock);
  const controller = new AbortController();
  let asked = 0;
  const gate = Promise.withResolvers<void>();
  async function* parts(): AsyncGenerator<string> {
    yield "a";
    await gate.promise;
    yield "b";
  }
  const seen: string[] = [];
  const read = (async () => {
    for await (const part of dozer.awakeDuring(parts())) seen.push(part);
  })();
  await clock.advance(0);
  const ended = dozer.run(() => (asked++, 0), controller.signal);
  await clock.advance(300);
  assert.equal(asked, 0, "awake");
  gate.resolve();
  await read;
  await clock.advance(300);
  assert.ok(asked > 0);
  assert.deepEqual(seen, ["a", "b"]);
  controller.abort();
  await ended;
});

Deno.test("Dozer.awakeDuring() lets go when the reader stops early", async () => {
  const clock = new FakeClock();
  const dozer = new Dozer(clock);
  for await (const _ of dozer.awakeDuring(ReadableStream.from(["a", "b"]))) break;
  const controller = new AbortController();
  let asked = 0;
  const ended = dozer.run(() => (asked++, 0), controller.signal);
  await clock.advance(200);
  assert.ok(asked > 0);
  controller.abort();
  await ended;
});
