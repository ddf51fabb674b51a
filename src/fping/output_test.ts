import assert from "node:assert/strict";
import { lineSlices, parseProbeLine } from "./output.ts";
import type { ProbeLine } from "./output.ts";
import { settled } from "../../tests/fakes/clock.ts";
import { FakeSpawn } from "../../tests/fakes/spawn.ts";
import type { FakeChild } from "../../tests/fakes/spawn.ts";

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

const places = new Map(["10.88.1.1", "10.77.0.9", "10.0.0.1", "::1"].map((name, at) => [name, at]));

function read(line: string): ProbeLine | undefined {
  return parseProbeLine(line, places);
}

Deno.test("parseProbeLine() reads a reply", () => {
  assert.deepEqual(
    read("[1795401810.21675] 10.88.1.1 : [0], 64 bytes, 0.054 ms (0.054 avg, 0% loss)"),
    {
      kind: "reply",
      target: 0,
      sequence: 0,
      atSeconds: 1795401810.21675,
      rttSeconds: 0.000054,
    },
  );
});

Deno.test("parseProbeLine() reads replies of every magnitude and family", () => {
  const cases: readonly [string, number][] = [
    ["[1.5] ::1       : [12], 64 bytes, 0.169 ms (0.169 avg, 0% loss)", 0.000169],
    ["[1.5] 10.0.0.1 : [1], 64 bytes, 3.38 ms (1.83 avg, 0% loss)", 0.00338],
    ["[1.5] 10.0.0.1 : [1], 64 bytes, 42.1 ms (1.83 avg, 0% loss)", 0.0421],
    ["[1.5] 10.0.0.1 : [1], 1480 bytes, 701 ms (701 avg, 0% loss)", 0.701],
    ["[1.5] 10.0.0.1 : [1], 64 bytes, 0.1 ms (0.1 avg, 100% return)", 0.0001],
  ];
  for (const [line, rttSeconds] of cases) {
    const parsed = read(line);
    assert.ok(parsed?.kind === "reply" && Math.abs(parsed.rttSeconds - rttSeconds) < 1e-12, line);
  }
});

Deno.test("parseProbeLine() reads a timeout", () => {
  assert.deepEqual(
    read("[1795401816.43356] 10.77.0.9 : [7], timed out (NaN avg, 100% loss)"),
    { kind: "timeout", target: 1, sequence: 7, atSeconds: 1795401816.43356 },
  );
});

Deno.test("parseProbeLine() takes negative and exponent round-trip times for clock steps", () => {
  for (const rtt of ["-2.8e+03", "-0.5", "3.600e+06"]) {
    assert.deepEqual(
      read(`[1.5] 10.88.1.1 : [4], 64 bytes, ${rtt} ms (-560 avg, 0% loss)`),
      { kind: "clock_step", target: 0, sequence: 4 },
    );
  }
});

Deno.test("parseProbeLine() refuses half lines, glued lines and rubbish", () => {
  const lines = [
    "",
    "hello",
    "[1795401810.21675] 10.88.1.1 : [0], 64 by",
    "[1795401810.21675] 10.88.1.1 : [0], 64 bytes, 0.054 ms (0.054 avg, 0% lo",
    "[1795401810.2[1795401816.43356] 10.77.0.9 : [0], timed out (NaN avg, 100% loss)",
    "[1795401816.43356] 10.77.0.9 : [0], timed out (NaN avg, 100% loss)[1795401816.4",
    "10.77.0.9 : [0], timed out (NaN avg, 100% loss)",
    "10.77.0.9 : xmt/rcv/%loss = 2/0/100%",
    "[1.5] 10.0.0.1 : [1], timed out",
    "[1.5] 10.0.0.1 : [1], 64 bytes, 0.1 ms",
    "[1.5] 10.0.0.1 : [x], timed out (NaN avg, 100% loss)",
    "[1.5] 10.0.0.1 : [1], 64 bytes, abc ms (0.1 avg, 0% loss)",
    "[1.5] 10.0.0.1 : [1], 64 bytes,  ms (0.1 avg, 0% loss)",
    "[1.5] 10.0.0.1 : [1], 64 bytes, 0.1 ms (0.1 avg, 0% loss) ",
    "[1.5] 10.0.0.2 : [1], 64 bytes, 0.1 ms (0.1 avg, 0% loss)",
  ];
  for (const line of lines) assert.equal(read(line), undefined, line);
});
