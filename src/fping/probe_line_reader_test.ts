import assert from "node:assert/strict";
import { parseProbeLine, ProbeLineReader } from "./output.ts";
import { makeRandom, mutated } from "../../tests/fakes/random.ts";

const targets = ["10.88.1.1", "10.88.1.11", "fd77::9", "10.0.0.1", "2001:db8:1234:5678::abcd"];
const places = new Map(targets.map((target, place) => [target, place]));
const reader = new ProbeLineReader(targets);
const encoder = new TextEncoder();

/** The line stands between others, as in a slice. */
function assertAlike(line: string): void {
  const bytes = encoder.encode(`[1${line}\n[2`);
  assert.deepEqual(reader.read(bytes, 2, bytes.length - 3), parseProbeLine(line, places), line);
}

const line = (parts: { at?: string; name?: string; sequence?: string; result?: string } = {}) => {
  const { at = "1795401810.21675", name = "10.88.1.1", sequence = "3" } = parts;
  const { result = "64 bytes, 0.054 ms (0.054 avg, 0% loss)" } = parts;
  return `[${at}] ${name} : [${sequence}], ${result}`;
};

const took = (ms: string) => line({ result: `64 bytes, ${ms} ms (0.054 avg, 0% loss)` });

Deno.test("ProbeLineReader reads fping's lines as parseProbeLine() does, to the last digit", () => {
  const random = makeRandom(11);
  for (const name of [...targets, "10.88.1.1     ", "10.88.1.2", "10.88.1", ""]) {
    assertAlike(line({ name }));
    assertAlike(line({ name, result: "timed out (NaN avg, 100% loss)" }));
  }
  for (let i = 0; i < 5000; i++) {
    const at = (1_795_401_810 + 1e6 * random()).toFixed(1 + i % 9);
    assertAlike(line({ at, sequence: String(Math.floor(2 ** 32 * random())) }));
    assertAlike(took((10 ** (6 * random() - 3)).toFixed(i % 10)));
  }
});

Deno.test("ProbeLineReader reads what is not usual as parseProbeLine() does", () => {
  const whole = ["", "1", "1795401810", "1795401810.", ".5", "1.0000000001", "9007199254740993.5"];
  for (const at of [...whole, "123456789012345.5", "1234567890123456.5", "1e9.5"]) {
    assertAlike(line({ at }));
  }
  for (const sequence of ["", "00", "4294967295", "42949672950", "12345678901", "1.5", "-1"]) {
    assertAlike(line({ sequence }));
  }
  for (const ms of ["0", "124", "-2.8e+03", "1.000e+06", "nan", "1.", ".5", "0x10", "é"]) {
    assertAlike(took(ms));
  }
  const results = ["timed out (0.3 avg, 50% loss)", "timed out", "timed out (0.3 avg, % loss)"];
  for (
    const result of [
      ...results,
      "64 bytes, 1 ms (é avg, 0% loss)",
      "x bytes, 1 ms (1 avg, 0% loss)",
    ]
  ) {
    assertAlike(line({ result }));
  }
  assertAlike(line().replace("% loss", "% return"));
  assertAlike(line({ name: "\u00a010.88.1.1" }));
  assertAlike(`${line()} `);
  assertAlike("");
});

Deno.test("ProbeLineReader agrees with parseProbeLine() on 20,000 mutated lines", () => {
  const random = makeRandom(12);
  const originals = [
    line(),
    line({ name: "fd77::9  ", result: "timed out (NaN avg, 100% loss)" }),
    took("-2.8e+03"),
  ];
  for (let i = 0; i < 20_000; i++) assertAlike(mutated(originals[i % 3] ?? "", random));
});

Deno.test("ProbeLineReader finds each of thousands of targets, and no other", () => {
  const many = Array.from({ length: 5000 }, (_, n) => `10.${n >> 8}.${n & 255}.1`);
  const reader = new ProbeLineReader(many);
  for (const [place, name] of many.entries()) {
    const bytes = encoder.encode(line({ name }));
    assert.equal(reader.read(bytes, 0, bytes.length)?.target, place);
  }
  const other = encoder.encode(line({ name: "10.99.0.1" }));
  assert.equal(reader.read(other, 0, other.length), undefined);
});
