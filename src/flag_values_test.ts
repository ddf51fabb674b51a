import assert from "node:assert/strict";
import {
  choiceFlag,
  durationFlag,
  formatDuration,
  integerFlag,
  listFlag,
  orOff,
  parseDurationMs,
  pathFlag,
  percentFlag,
  urlFlag,
} from "./flag_values.ts";
import { invalid } from "./flags.ts";

const spec = { name: "x", help: "" };

Deno.test("parseDurationMs() reads every unit, and fractions", () => {
  const cases: readonly [string, number][] = [
    ["500ms", 500],
    ["1s", 1000],
    ["1.5s", 1500],
    ["5m", 300_000],
    ["2h", 7_200_000],
    ["0s", 0],
  ];
  for (const [text, ms] of cases) assert.equal(parseDurationMs(text), ms, text);
});

Deno.test("parseDurationMs() refuses what is no duration", () => {
  for (const text of ["", "5", "s", "-1s", "1 s", "1d", "1e3s", "1s1s", ".5s"]) {
    assert.equal(parseDurationMs(text), undefined, text);
  }
});

Deno.test("formatDuration() writes what parseDurationMs() reads", () => {
  const texts = ["0ms", "1ms", "1500ms", "9s", "90s", "5m", "1h", "36h"];
  for (const text of texts) assert.equal(formatDuration(parseDurationMs(text) ?? NaN), text);
});

Deno.test("durationFlag() says its bounds where it has some", () => {
  assert.equal(durationFlag(spec).remedy, "a duration such as 30s");
  const atLeast = durationFlag({ ...spec, default: "5s" }, { minMs: 100 });
  assert.equal(atLeast.remedy, "a duration of at least 100ms, such as 5s");
  assert.deepEqual(["99ms", "100ms", "30h"].map(atLeast.read), [invalid, 100, 108_000_000]);
});

Deno.test("choiceFlag() reads its words in any letter case, and says all of them", () => {
  const flag = choiceFlag(spec, ["InternalIP", "Hostname", "all"]);
  assert.deepEqual(["internalip", "ALL", "al", ""].map(flag.read), [
    ...["InternalIP", "all", invalid, invalid],
  ]);
  assert.equal(flag.remedy, '"InternalIP", "Hostname" or "all"');
  assert.equal(flag.placeholder, "InternalIP|Hostname|all");
});

Deno.test("integerFlag() reads decimal digits within its bounds", () => {
  const { read } = integerFlag(spec, 3, 12);
  assert.deepEqual(["3", "012", "2", "13", "1e1", "0xa", "+4", "4.0"].map(read), [
    ...[3, 12, ...Array(6).fill(invalid)],
  ]);
});

Deno.test("percentFlag() reads what people write as a percentage", () => {
  const { read } = percentFlag(spec);
  assert.deepEqual(["0", "12.5%", "100 %", "100.5", "%", "-1", "0x10", "half"].map(read), [
    ...[0, 12.5, 100, ...Array(5).fill(invalid)],
  ]);
});

Deno.test("urlFlag() reads URLs of web servers, as written", () => {
  const { read } = urlFlag(spec, "http://localhost:9090");
  assert.equal(read("HTTPS://a:1/b/"), "HTTPS://a:1/b/");
  for (const text of ["localhost:9090", "ftp://a", "", "http://"]) {
    assert.equal(read(text), invalid, text);
  }
});

Deno.test("listFlag() reads every value, or none", () => {
  const flag = listFlag(spec, integerFlag(spec, 1, 9));
  assert.deepEqual(["1", "1,2", "1,", "1,10"].map(flag.read), [[1], [1, 2], invalid, invalid]);
  assert.equal(flag.placeholder, "N[,N...]");
});

Deno.test("orOff() takes off for no value, and says so", () => {
  const flag = orOff(pathFlag({ ...spec, placeholder: "DIR" }));
  assert.deepEqual(["off", "/a"].map(flag.read), [undefined, "/a"]);
  assert.equal(flag.placeholder, "DIR|off");
  assert.equal(flag.remedy, 'a path, or "off"');
});
