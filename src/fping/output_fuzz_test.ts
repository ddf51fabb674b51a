import assert from "node:assert/strict";
import { makeRandom, mutated } from "../../tests/fakes/random.ts";
import { ErrorOutput } from "./error_output.ts";
import { parseProbeLine } from "./output.ts";

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

Deno.test("parseProbeLine() never throws, and tells only sound numbers, on 10,000 mutated lines", () => {
  const random = makeRandom(1);
  let read = 0;
  for (let i = 0; i < 10_000; i++) {
    const text = mutated(probeLines[i % probeLines.length] ?? "", random);
    const line = parseProbeLine(text);
    if (line === undefined) continue;
    read++;
    assert.ok(Number.isSafeInteger(line.sequence) && line.sequence >= 0, text);
    assert.match(line.target, /^\S+$/);
    if (line.kind !== "clock_step") assert.ok(Number.isFinite(line.atSeconds), text);
    if (line.kind === "reply") assert.ok(line.rttSeconds >= 0 && line.rttSeconds < Infinity, text);
  }
  assert.ok(read > 300, `${read} lines stayed readable`);
});

Deno.test("parseProbeLine() refuses a sequence number that fping cannot have reached", () => {
  const line = (sequence: string) =>
    `[1.5] 10.0.0.1 : [${sequence}], timed out (NaN avg, 100% loss)`;
  assert.ok(parseProbeLine(line("4294967295")));
  for (const sequence of ["42949672950", "9".repeat(400)]) {
    assert.equal(parseProbeLine(line(sequence)), undefined, sequence);
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
