import assert from "node:assert/strict";
import { FakeClock, settled } from "../../tests/fakes/clock.ts";
import { FakeSpawn } from "../../tests/fakes/spawn.ts";
import type { FakeChild } from "../../tests/fakes/spawn.ts";
import { sliceMs, textSlices } from "./text_slices.ts";

/** A child whose standard output is read in slices of 100 ms. */
function startReading(signal = new AbortController().signal): {
  child: FakeChild;
  clock: FakeClock;
  slices: string[];
  ended: Promise<void>;
} {
  const fake = new FakeSpawn();
  fake.spawn({ command: "fping", args: [] });
  const { last: child } = fake;
  const clock = new FakeClock();
  const slices: string[] = [];
  const ended = (async () => {
    for await (const text of textSlices(child.stdout, 100, clock, signal)) slices.push(text);
  })();
  return { child, clock, slices, ended };
}

Deno.test("sliceMs() is short enough for the pipe at any rate, and never long", () => {
  assert.deepEqual([0, 1, 2000, 2001, 4000].map((rate) => Math.floor(sliceMs(rate))), [
    200,
    200,
    200,
    199,
    100,
  ]);
  for (const rate of [1, 100, 2000, 5000]) assert.ok(sliceMs(rate) * rate / 1000 <= 400);
});

Deno.test("textSlices() lets each slice rest before it is yielded", async () => {
  const { child, clock, slices, ended } = startReading();
  child.print("a\n");
  await clock.advance(99);
  assert.deepEqual(slices, []);
  await clock.advance(1);
  await settled();
  assert.deepEqual(slices, ["a\n"]);
  child.exit(0);
  await ended;
});

Deno.test("textSlices() rests no more once its signal is aborted, and yields what is left", async () => {
  const controller = new AbortController();
  const { child, slices, ended } = startReading(controller.signal);
  child.print("a");
  await settled();
  controller.abort();
  child.print("b");
  child.exit(0);
  await ended;
  assert.equal(slices.join(""), "ab");
});

Deno.test("textSlices() puts a character together that was cut between two pieces", async () => {
  const stream = ReadableStream.from([new Uint8Array([0xc3]), new Uint8Array([0xa9, 10])]);
  const slices: string[] = [];
  const { signal } = new AbortController();
  const clock = new FakeClock();
  const ended = (async () => {
    for await (const text of textSlices(stream, 0, clock, signal)) slices.push(text);
  })();
  await clock.advance(0);
  await clock.advance(0);
  await ended;
  assert.equal(slices.join(""), "é\n");
});
