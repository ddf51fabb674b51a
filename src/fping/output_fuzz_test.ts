import assert from "node:assert/strict";
import { ErrorOutput } from "./error_output.ts";
import { ProbeLineReader } from "./output.ts";
import type { ProbeLine } from "./output.ts";
import { makeRandom, mutated } from "../../tests/fakes/random.ts";

const probeLines = [
  "[1795401810.21675] 10.88.1.1 : [0], 64 bytes, 0.054 ms (0.054 avg, 0% loss)",
  "[1795401816.43356] fd77::9   : [12], timed out (NaN avg, 100% loss)",
  "[1795401901.19007] 10.88.1.1 : [4], 64 bytes, -2.8e+03 ms (-560 avg, 0% loss)",
];

const errorLines = [
  "ICMP Host Unreachable from 10.77.0.1 for ICMP Echo sent to 10.77.0.9\n",
  "ICMPv6 Time Exceeded from fd77::1 for ICMPv6 Echo Request sent to fd77::9\n",
  " [<- 10.77.0.99] [<- fd77::99]",
  "fping: can't create socket (must run as root?)\n",
];

const targets = ["10.88.1.1", "fd77::9", "10.0.0.1"];

function read(line: string): ProbeLine | undefined {
  return new ProbeLineReader(targets).read(new TextEncoder().encode(`${line}\n`), 0);
}

/** The grammar of a line in one expression, which the reader of bytes is held against. */
const grammar =
  /^\[(\d+\.\d{1,9})\] ([!-\u{10ffff}]+) +: \[(\d{1,10})\], (?:timed out|\d+ bytes, ([!-\u{10ffff}]+) ms) \([!-\u{10ffff}]+ avg, \d+% (?:loss|return)\)$/u;

function expected(line: string): ProbeLine | undefined {
  const match = grammar.exec(line);
  const target = targets.indexOf(match?.[2] ?? "");
  if (match === null || target === -1) return undefined;
  const [, at, , sequenceText, rttMs] = match;
  const [atSeconds, sequence] = [Number(at), Number(sequenceText)];
  if (rttMs === undefined) return { kind: "timeout", target, sequence, atSeconds };
  if (!/^\d+(?:\.\d{1,9})?$/.test(rttMs)) {
    return Number.isFinite(Number(rttMs)) ? { kind: "clock_step", target, sequence } : undefined;
  }
  return { kind: "reply", target, sequence, atSeconds, rttSeconds: Number(rttMs) / 1000 };
}

/** Times to the picosecond: both divide, but not at the same place. */
function rounded(line: ProbeLine | undefined): unknown {
  const entries = Object.entries(line ?? {});
  return entries.map((
    [key, value],
  ) => [key, typeof value === "number" ? value.toPrecision(14) : value]);
}

Deno.test("ProbeLineReader reads what the grammar says, on 20,000 mutated lines", () => {
  const random = makeRandom(1);
  const kinds = new Map<string | undefined, number>();
  for (let i = 0; i < 20_000; i++) {
    const line = mutated(probeLines[i % probeLines.length] ?? "", random).replaceAll("\n", "");
    const found = read(line);
    assert.deepEqual(rounded(found), rounded(expected(line)), line);
    kinds.set(found?.kind, (kinds.get(found?.kind) ?? 0) + 1);
  }
  for (const kind of ["reply", "timeout", "clock_step", undefined]) {
    assert.ok((kinds.get(kind) ?? 0) > 300, `${kind} ${kinds.get(kind)} times`);
  }
});

Deno.test("ProbeLineReader refuses a sequence number that fping cannot have reached", () => {
  const line = (sequence: string) =>
    `[1.5] 10.0.0.1 : [${sequence}], timed out (NaN avg, 100% loss)`;
  assert.ok(read(line("4294967295")));
  for (const sequence of ["42949672950", "9".repeat(400)]) {
    assert.equal(read(line(sequence)), undefined, sequence);
  }
});

Deno.test("ErrorOutput never throws and loses no mark, on 10,000 mutated pieces", () => {
  const random = makeRandom(2);
  let output = new ErrorOutput();
  const kinds = new Set<string>();
  for (let i = 0; i < 10_000; i++) {
    const notices = output.read(mutated(errorLines[i % errorLines.length] ?? "", random));
    for (const notice of notices) {
      kinds.add(notice.kind);
      if (notice.kind === "icmp_error") assert.match(notice.target, /^\S+$/);
      if (notice.kind === "wrong_source") assert.match(notice.address, /^\S+$/);
      if (notice.kind === "message") assert.notEqual(notice.text.trim(), "");
    }
    if (i % 100 !== 99) continue;
    output.end();
    assert.deepEqual(output.read(" [<- 10.0.0.9]"), [
      { kind: "wrong_source", address: "10.0.0.9" },
    ]);
    output = new ErrorOutput();
  }
  assert.deepEqual([...kinds].sort(), ["icmp_error", "message", "wrong_source"]);
});
