import assert from "node:assert/strict";
import { ProbeLineReader, TargetNames } from "./output.ts";
import type { ProbeLine } from "./output.ts";

const targets = ["10.88.1.1", "10.77.0.9", "10.0.0.1", "::1"];

function read(line: string): ProbeLine | undefined {
  return new ProbeLineReader(targets).read(new TextEncoder().encode(`${line}\n`), 0);
}

Deno.test("ProbeLineReader reads a reply", () => {
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

Deno.test("ProbeLineReader reads replies of every magnitude and family", () => {
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

Deno.test("ProbeLineReader reads a timeout", () => {
  assert.deepEqual(
    read("[1795401816.43356] 10.77.0.9 : [7], timed out (NaN avg, 100% loss)"),
    { kind: "timeout", target: 1, sequence: 7, atSeconds: 1795401816.43356 },
  );
});

Deno.test("ProbeLineReader takes negative and exponent round-trip times for clock steps", () => {
  for (const rtt of ["-2.8e+03", "-0.5", "3.600e+06"]) {
    assert.deepEqual(
      read(`[1.5] 10.88.1.1 : [4], 64 bytes, ${rtt} ms (-560 avg, 0% loss)`),
      { kind: "clock_step", target: 0, sequence: 4 },
    );
  }
});

Deno.test("ProbeLineReader refuses half lines, glued lines and rubbish", () => {
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

Deno.test("ProbeLineReader says where each line ends, whether or not it can be read", () => {
  const reader = new ProbeLineReader(targets);
  const line = "[1.5] ::1 : [12], timed out (NaN avg, 100% loss)";
  const bytes = new TextEncoder().encode(`${line}\nrubbish\n${line}`);
  assert.equal(reader.read(bytes, 0)?.sequence, 12);
  assert.equal(reader.end, line.length);
  assert.equal(reader.read(bytes, line.length + 1), undefined);
  assert.equal(reader.end, line.length + 8);
  assert.equal(reader.read(bytes, line.length + 9), undefined, "a line that is not ended");
  assert.equal(reader.end, bytes.length);
});

const place = (names: TargetNames, name: string): number => {
  const bytes = new TextEncoder().encode(`[${name}]`);
  return names.find(bytes, 1, bytes.length - 1);
};

Deno.test("TargetNames.find() knows each of its names by its place, and no other", () => {
  const names = Array.from({ length: 3000 }, (_, i) => `10.${i % 7}.${i >> 8}.${i & 255}`);
  const known = new TargetNames([...names, "fd00::1"]);
  assert.equal(place(known, "fd00::1"), 3000);
  names.forEach((name, index) => assert.equal(place(known, name), index));
  for (const stranger of ["", "10", "10.0.0.1x", "10.9.9.9", "10.0.0.", "fd00::"]) {
    assert.equal(place(known, stranger), -1, stranger);
  }
});

Deno.test("TargetNames.find() distinguishes names of one hash", () => {
  const [one, other] = ["Aa", "BB"];
  assert.deepEqual(["Aa", "BB", "CC"].map((name) => place(new TargetNames([one, other]), name)), [
    0,
    1,
    -1,
  ]);
  for (const names of [[], ["10.0.0.2"]]) {
    assert.equal(place(new TargetNames(names), "10.0.0.1"), -1);
  }
});
