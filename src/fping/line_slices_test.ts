import assert from "node:assert/strict";
import { FakeSpawn } from "../../tests/fakes/spawn.ts";
import type { FakeChild } from "../../tests/fakes/spawn.ts";
import { settled } from "../../tests/fakes/clock.ts";
import { lineSlices, sliceMs } from "./line_slices.ts";

/** A child whose standard output is read in slices, each when `beat` is called. */
function startReading(): {
  child: FakeChild;
  slices: string[];
  beat: () => Promise<void>;
  ended: Promise<void>;
} {
  const fake = new FakeSpawn();
  fake.spawn({ command: "fping", args: [] });
  const { last: child } = fake;
  const slices: string[] = [];
  let wake = () => {};
  const rest = () => new Promise<void>((resolve) => wake = resolve);
  const ended = (async () => {
    for await (const lines of lineSlices(child.stdout, rest)) {
      slices.push(new TextDecoder().decode(lines));
    }
  })();
  const beat = async () => {
    await settled();
    wake();
    await settled();
  };
  return { child, slices, beat, ended };
}

Deno.test("sliceMs() is short enough for the pipe at any rate, and never long", () => {
  assert.deepEqual([0, 1, 1800, 2000, 5000].map(sliceMs), [250, 250, 250, 225, 90]);
  for (const rate of [1, 100, 2000, 5000]) assert.ok(sliceMs(rate) * rate / 1000 <= 450);
});

Deno.test("lineSlices() lets each slice rest before it is yielded", async () => {
  const { child, slices, beat, ended } = startReading();
  child.print("a\nb\n");
  await settled();
  assert.deepEqual(slices, []);
  await beat();
  assert.deepEqual(slices, ["a\nb\n"]);
  child.exit(0);
  await ended;
});

Deno.test("lineSlices() puts a line together that came in pieces, and ends with what is left", async () => {
  const { child, slices, beat, ended } = startReading();
  for (const piece of ["a\nb", "c", "d\ne\nf", "g"]) {
    child.print(piece);
    await beat();
  }
  child.exit(0);
  await ended;
  assert.deepEqual(slices, ["a\n", "bcd\ne\n", "fg"]);
});

Deno.test("lineSlices() lets go of what is longer than any line", async () => {
  const { child, slices, beat, ended } = startReading();
  child.print(`a\n${"x".repeat(4000)}`);
  await beat();
  child.print("x".repeat(1000));
  await beat();
  child.print("y\nb\n");
  await beat();
  child.exit(0);
  await ended;
  assert.deepEqual(slices, ["a\n", "x".repeat(5000), "y\nb\n"]);
});

Deno.test("lineSlices() passes on more than its buffer holds", async () => {
  const { child, slices, beat, ended } = startReading();
  const text = Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join("");
  child.print(text);
  while (slices.join("").length < text.length) await beat();
  child.exit(0);
  await ended;
  assert.equal(slices.join(""), text);
  assert.ok(slices.length > 1);
});
