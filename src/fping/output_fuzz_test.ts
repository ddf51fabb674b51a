import assert from "node:assert/strict";
import { ErrorOutput, parseProbeLine } from "./output.ts";
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

const places = new Map(["10.88.1.1", "fd77::9", "10.0.0.1"].map((name, at) => [name, at]));

function read(line: string): ProbeLine | undefined {
  return parseProbeLine(line, places);
}

/** Everything that was read stands in the line, at its place. */
function assertIn(line: string, read: ProbeLine): void {
  const [name = ""] = [...places].find(([, at]) => at === read.target) ?? [];
  const [stamp = "", rest = ""] = line.split(`] ${name} `);
  const [, digits = ""] = /^ *: \[(\d+)\], /.exec(rest) ?? [];
  assert.equal(Number(digits), read.sequence, line);
  if (read.kind !== "clock_step") assert.equal(Number(stamp.slice(1)), read.atSeconds, line);
  const [, result = ""] = rest.split("], ");
  if (read.kind === "timeout") assert.match(result, /^timed out /, line);
  if (read.kind === "timeout") return;
  const [, rttMs = ""] = / bytes, (\S+) ms /.exec(result) ?? [];
  if (read.kind === "reply") {
    assert.ok(Math.abs(Number(rttMs) / 1000 - read.rttSeconds) < 1e-12 * (1 + read.rttSeconds));
  } else assert.doesNotMatch(rttMs, /^\d+(\.\d{1,9})?$/, line);
}

Deno.test("parseProbeLine() reads what stands in the line or nothing, on 20,000 mutated lines", () => {
  const random = makeRandom(1);
  const kinds = new Map<string | undefined, number>();
  for (let i = 0; i < 20_000; i++) {
    const line = mutated(probeLines[i % probeLines.length] ?? "", random);
    const found = read(line);
    if (found !== undefined) assertIn(line, found);
    kinds.set(found?.kind, (kinds.get(found?.kind) ?? 0) + 1);
  }
  for (const kind of ["reply", "timeout", "clock_step", undefined]) {
    assert.ok((kinds.get(kind) ?? 0) > 300, `${kind} ${kinds.get(kind)} times`);
  }
});

Deno.test("parseProbeLine() refuses a sequence number that fping cannot have reached", () => {
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
