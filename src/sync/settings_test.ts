import assert from "node:assert/strict";
import { defaultSettings, labelSelector, readSyncOptions, settleSettings } from "./settings.ts";
import { selectorTexts } from "../../tests/chart/node_choices.ts";

function problems(...args: readonly string[]): readonly string[] {
  const result = readSyncOptions(args);
  return result.kind === "invalid" ? result.problems : [];
}

Deno.test("readSyncOptions() takes its defaults from the release", () => {
  const result = readSyncOptions([]);
  assert.ok(result.kind === "valid");
  const { selector, addressType, ipFamily, maxShrink, valuesPath, output } = result.settings;
  assert.deepEqual([selector, addressType, ipFamily, maxShrink], Array(4).fill(undefined));
  assert.deepEqual([valuesPath, output], [["nodePing", "nodes"], "text"]);
});

Deno.test("readSyncOptions() names all problems at once", () => {
  assert.deepEqual(
    problems("a", "b", "--output", "xml", "--max-shrink=150", "--timeout=5", "--foo"),
    [
      'Unknown flag "--foo": see --help',
      '--output is "xml": write "text", "json" or "values"',
      '--max-shrink is "150": write a percentage from 0 to 100',
      '--timeout is "5": write a duration such as 1m',
      "More than one release: a, b",
    ],
  );
});

Deno.test("readSyncOptions() refuses flags that exclude each other", () => {
  assert.match(problems("--watch", "--dry-run").join(), /exclude each other/);
  assert.match(problems("--watch", "--output=values").join(), /nothing: give --values-file/);
  assert.deepEqual(problems("--watch", "--output=values", "--values-file=nodes.yaml"), []);
  assert.match(problems("--exit-code").join(), /--exit-code needs --dry-run/);
  assert.deepEqual(problems("--exit-code", "--dry-run"), []);
  assert.match(problems("--configmap=x").join(), /needs --watch/);
  assert.match(problems("--version=1").join(), /--version needs --chart/);
  assert.match(problems("--values-path=a.b.c").join(), /--values-path needs --chart/);
});

Deno.test("readSyncOptions() needs the chart of an umbrella only where it upgrades the release", () => {
  const umbrella = "--values-path=a.b.c";
  const without = [["--values-file=x"], ["--watch", "--configmap=x"], ["--output=values"]];
  for (const flags of [...without, ["--chart=x"]]) {
    assert.deepEqual(problems(umbrella, ...flags), [], flags.join(" "));
  }
  assert.equal(problems(umbrella, "--output=json").length, 1);
  assert.equal(problems(umbrella, "--watch").length, 1);
});

Deno.test("readSyncOptions() takes for a percentage what people write as one", () => {
  for (const wrong of ["%", "0x10", "1e1", "-1", "100.5", "half"]) {
    assert.deepEqual(problems(`--max-shrink=${wrong}`), [
      `--max-shrink is "${wrong}": write a percentage from 0 to 100`,
    ]);
  }
  assert.deepEqual(problems("--max-shrink=12.5%"), []);
});

Deno.test("readSyncOptions() reads percentages, any case, and passes over Helm's glued -n", () => {
  const result = readSyncOptions(["-nfoo", "np", "--max-shrink=60%", "--address-type=hostname"]);
  assert.ok(result.kind === "valid");
  const { release, maxShrink, addressType } = result.settings;
  assert.deepEqual([release, maxShrink, addressType], ["np", 60, "Hostname"]);
});

const none = {
  selector: undefined,
  addressType: undefined,
  ipFamily: undefined,
  maxShrink: undefined,
  excludeTaints: undefined,
};

Deno.test("settleSettings() lets flags win over values, and values over defaults", () => {
  const values = { selector: "a=1", ipFamily: "dual", maxShrink: 10, excludeTaints: ["own/out"] };
  assert.deepEqual(settleSettings(none, undefined), defaultSettings);
  assert.deepEqual(settleSettings(none, values), {
    ...{ selector: "a=1", addressType: "InternalIP", ipFamily: "dual", maxShrink: 10 },
    excludeTaints: ["own/out"],
  });
  assert.equal(settleSettings(none, { selector: null }).selector, defaultSettings.selector);
  assert.equal(settleSettings({ ...none, selector: "*" }, values).selector, "");
  const flags = {
    ...{ selector: "x", addressType: "Hostname", ipFamily: "ipv6", maxShrink: 0 } as const,
    excludeTaints: [],
  };
  assert.deepEqual(settleSettings(flags, values), flags);
});

for (const { selector, text } of selectorTexts) {
  Deno.test(`labelSelector() reads ${JSON.stringify(selector)} as the chart does`, () => {
    assert.equal(labelSelector(selector) ?? defaultSettings.selector, text);
  });
}
