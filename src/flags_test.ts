import assert from "node:assert/strict";
import { flagHelp, parseDurationMs, parseFlags } from "./flags.ts";

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

const specs = [
  { name: "period", value: "D", help: "time between probes" },
  { name: "listen", value: "HOST:PORT", help: "where to listen" },
  { name: "dry-run", help: "change nothing" },
];

Deno.test("parseFlags() reads values, switches and positionals", () => {
  const parsed = parseFlags(specs, ["--period", "1s", "--listen=[::]:1", "rel", "--dry-run"]);
  assert.deepEqual([...parsed.values], [["period", "1s"], ["listen", "[::]:1"]]);
  assert.deepEqual([...parsed.switches], ["dry-run"]);
  assert.deepEqual(parsed.positionals, ["rel"]);
  assert.deepEqual(parsed.problems, []);
});

Deno.test("parseFlags() takes -h for --help and keeps numbers as they were written", () => {
  assert.ok(parseFlags(specs, ["-h"]).switches.has("help"));
  assert.equal(parseFlags(specs, ["--period", "0010"]).values.get("period"), "0010");
  assert.deepEqual(parseFlags(specs, ["007"]).positionals, ["007"]);
});

Deno.test("parseFlags() takes a flag's short name in all its forms", () => {
  const specs = [{ name: "namespace", short: "n", value: "NAME", help: "" }];
  for (const args of [["-n", "a"], ["-n=a"], ["-na"], ["--namespace=a"]]) {
    const { values, problems } = parseFlags(specs, args);
    assert.deepEqual([values.get("namespace"), problems], ["a", []], args.join(" "));
  }
  assert.match(flagHelp(specs), /^ {2}-n, --namespace NAME /);
  assert.match(parseFlags(specs, ["-n", "a", "-n", "b"]).problems.join(), /given 2 times/);
});

Deno.test("parseFlags() takes true and false for a switch, and nothing else", () => {
  const switched = (...args: readonly string[]) => {
    const { switches, positionals, problems } = parseFlags(specs, args);
    return [[...switches], positionals, problems];
  };
  assert.deepEqual(switched("--dry-run=true"), [["dry-run"], [], []]);
  assert.deepEqual(switched("--dry-run=false"), [[], [], []]);
  const problem = '--dry-run is "banana": it is a switch, write it without a value';
  assert.deepEqual(switched("--dry-run=banana")[2], [problem]);
  assert.deepEqual(switched("--dry-run=")[2], [problem.replace("banana", "")]);
  assert.match(String(switched("-h=1")[2]), /^--help is "1": it is a switch/);
  assert.deepEqual(switched("--", "--dry-run=banana"), [[], ["--dry-run=banana"], []]);
});

Deno.test("parseFlags() reports every problem at once", () => {
  const parsed = parseFlags(specs, [
    "--peroid",
    "1s",
    "-x",
    "--period=",
    "--listen=a",
    "--listen=b",
  ]);
  assert.deepEqual(parsed.problems, [
    'Unknown flag "--peroid": see --help',
    'Unknown flag "-x": see --help',
    "--period has no value: write --period=VALUE",
    "--listen is given 2 times: give it once",
  ]);
});

Deno.test("flagHelp() aligns the flags", () => {
  assert.equal(
    flagHelp(specs),
    "  --period D          time between probes\n" +
      "  --listen HOST:PORT  where to listen\n" +
      "  --dry-run           change nothing\n",
  );
});
