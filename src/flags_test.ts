import assert from "node:assert/strict";
import { durationFlag, integerFlag, switchFlag, textFlag } from "./flag_values.ts";
import { flagHelp, parseFlags, withoutPassword } from "./flags.ts";
import type { CommandLine, FlagTable } from "./flags.ts";

interface Settings {
  readonly periodMs: number;
  readonly listen: string | undefined;
  readonly dryRun: boolean;
  readonly count: number | undefined;
}

const table: FlagTable<Settings> = {
  periodMs: durationFlag({
    ...{ name: "period", variable: "PERIOD", default: "500ms", help: "time between probes" },
  }),
  listen: textFlag({ name: "listen", placeholder: "HOST:PORT", help: "where to listen" }),
  dryRun: switchFlag({ name: "dry-run", help: "change nothing" }),
  count: integerFlag({ name: "count", short: "c", help: "how many" }, 1, 9),
};

const defaults = { periodMs: 500, listen: undefined, dryRun: false, count: undefined };

function settings(
  args: readonly string[],
  more: Omit<CommandLine<Settings>, "args"> = {},
): Settings {
  const parsed = parseFlags(table, { args, ...more });
  assert.ok(parsed.kind === "valid", JSON.stringify(parsed));
  return parsed.settings;
}

function problems(
  args: readonly string[],
  more: Omit<CommandLine<Settings>, "args"> = {},
): readonly string[] {
  const parsed = parseFlags(table, { args, ...more });
  assert.ok(parsed.kind === "invalid", JSON.stringify(parsed));
  return parsed.problems;
}

Deno.test("parseFlags() gives typed settings, and the default where nothing is given", () => {
  assert.deepEqual(settings([]), defaults);
  assert.deepEqual(settings(["--period", "1s", "--listen=[::]:1", "--dry-run", "--count=7"]), {
    ...{ periodMs: 1000, listen: "[::]:1", dryRun: true, count: 7 },
  });
});

Deno.test("parseFlags() takes the last of two equal flags", () => {
  assert.equal(settings(["--period=bad", "--period=1s", "--period", "2s"]).periodMs, 2000);
  assert.equal(settings(["-c1", "--count=2"]).count, 2);
  assert.equal(settings(["--dry-run", "--dry-run=false"]).dryRun, false);
  assert.deepEqual(problems(["--period=1s", "--period=bad"]), [
    '--period is "bad": write a duration such as 500ms',
  ]);
});

Deno.test("parseFlags() lets a flag win over its variable, and an empty variable is none", () => {
  const env = (text: string) => ({ env: (name: string) => name === "PERIOD" ? text : undefined });
  assert.equal(settings([], env("3s")).periodMs, 3000);
  assert.equal(settings(["--period=1s"], env("bad")).periodMs, 1000);
  assert.equal(settings([], env("")).periodMs, 500);
  assert.deepEqual(problems([], env("3")), ['PERIOD is "3": write a duration such as 500ms']);
});

Deno.test("parseFlags() keeps operands as they were written, and says which are too many", () => {
  const operands = { name: "release", max: 1 };
  const parsed = parseFlags(table, { args: ["--dry-run", "007"], operands });
  assert.deepEqual(parsed.kind === "valid" && parsed.operands, ["007"]);
  assert.deepEqual(problems(["a", "b"], { operands }), ["More than one release: a, b"]);
  assert.deepEqual(problems(["a"]), ['Unexpected argument "a": see --help']);
});

Deno.test("parseFlags() calls for help, whatever else is given", () => {
  for (const args of [["-h"], ["--help"], ["--period=bad", "--help"]]) {
    assert.deepEqual(parseFlags(table, { args }), { kind: "help" });
  }
});

Deno.test("parseFlags() takes a flag's short name in all its forms", () => {
  for (const args of [["-c", "3"], ["-c=3"], ["-c3"], ["--count=3"]]) {
    assert.equal(settings(args).count, 3, args.join(" "));
  }
});

Deno.test("parseFlags() takes true and false for a switch, and nothing else", () => {
  assert.equal(settings(["--dry-run=true"]).dryRun, true);
  assert.equal(settings(["--dry-run=false"]).dryRun, false);
  const problem = '--dry-run is "banana": it is a switch, write it without a value';
  assert.deepEqual(problems(["--dry-run=banana"]), [problem]);
  assert.deepEqual(problems(["--dry-run="]), [problem.replace("banana", "")]);
  const operands = { name: "release", max: 1 };
  assert.equal(settings(["--", "--dry-run=banana"], { operands }).dryRun, false);
});

Deno.test("parseFlags() reports every problem at once, those of several flags last", () => {
  const args = ["--peroid", "-x", "--period=", "--listen=a", "--count=10"];
  const check: CommandLine<Settings>["check"] = ({ count, listen }, given) => [
    `count ${count}, listen ${listen}, given ${[...given].join()}`,
  ];
  assert.deepEqual(problems(args, { check }), [
    'Unknown flag "--peroid": see --help',
    'Unknown flag "-x": see --help',
    "--period has no value: write --period=VALUE",
    '--count is "10": write a number from 1 to 9',
    "count undefined, listen a, given period,listen,count",
  ]);
});

Deno.test("parseFlags() knows no flag by the name of what objects inherit", () => {
  for (const name of ["toString", "__proto__", "constructor"]) {
    assert.match(problems([`--${name}=1`]).join(), /^Unknown flag "/);
  }
});

Deno.test("withoutPassword() leaves out the password of a URL, however it is broken", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["https://api.example:6443/k8s", "https://api.example:6443/k8s"],
    ["https://jane@api.example:6443", "https://jane@api.example:6443"],
    ["https://jane:secret@api.example", "https://jane:...@api.example"],
    ["ftp://jane:sec/r@t:@proxy:80", "ftp://jane:...@proxy:80"],
    ["jane:secret@proxy", "jane:...@proxy"],
    ["http://a:secret@one,http://b:secret@two", "http://a:...@two"],
    ["0.5s", "0.5s"],
    [":10927", ":10927"],
  ];
  for (const [text, shown] of cases) assert.equal(withoutPassword(text), shown);
  assert.deepEqual(problems(["--period=http://jane:secret@h"])[0]?.includes("secret"), false);
});

Deno.test("flagHelp() aligns the flags, with their variables and defaults", () => {
  assert.equal(
    flagHelp(table),
    "  --period D          time between probes ($PERIOD, default 500ms)\n" +
      "  --listen HOST:PORT  where to listen\n" +
      "  --dry-run           change nothing\n" +
      "  -c, --count N       how many\n",
  );
});
