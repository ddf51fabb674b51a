/**
 * The rules of promlint (what `promtool check metrics` checks), held over the list of families, so
 * that they hold on machines without promtool, too. Source: Prometheus' documentation "Metric and
 * label naming" and the messages of promtool 2.42.
 *
 * @module
 */

import assert from "node:assert/strict";
import { families } from "../src/metrics/families.ts";
import type { MetricFamily } from "../src/metrics/samples.ts";
import { run, spawnProcess } from "../src/platform/process.ts";
import { goldenExposition } from "./golden_state.ts";
import { findProgram, missingPrograms, needing } from "./needing.ts";

const units = [
  ...["amperes", "bytes", "candelas", "grams", "kelvin", "kelvins", "meters", "metres", "moles"],
  ...["seconds", "celsius", "ratio", "joules", "volts", "watts"],
];
const notBaseUnits = [
  ...["milliseconds", "microseconds", "nanoseconds", "minutes", "hours", "days", "weeks"],
  ...["bits", "kilobytes", "megabytes", "gigabytes", "percent", "fahrenheit", "kilometers"],
];
const abbreviations = [..."s ms us ns sec b kb mb gb tb pb m h d".split(" ")];

/** Every rule that the family breaks. */
function lint({ name, type, labels, help }: MetricFamily): string[] {
  const words = name.split("_");
  const histogramOnly = ["_bucket", "_count", "_sum"].some((end) => name.endsWith(end));
  const rules: readonly [boolean, string][] = [
    [help.trim() === "", "no help text"],
    [words.some((word) => notBaseUnits.includes(word)), "not a base unit"],
    [words.some((word) => abbreviations.includes(word)), "an abbreviated unit"],
    [type === "counter" && !name.endsWith("_total"), 'a counter without "_total"'],
    [type !== "counter" && name.endsWith("_total"), '"_total", but not a counter'],
    [type !== "histogram" && histogramOnly, "a histogram's ending, but no histogram"],
    [labels.includes("le") || labels.includes("quantile"), "a reserved label"],
    [["counter", "gauge", "histogram", "summary"].some((t) => words.includes(t)), "its type"],
    [name.includes(":"), "a colon, which belongs to recording rules"],
    [[name, ...labels].some((text) => !/^[a-z][a-z0-9_]*$/.test(text)), "not in snake_case"],
    [labels.some((label) => label.startsWith("__")), "a label of Prometheus itself"],
    [new Set(labels).size !== labels.length, "a label twice"],
  ];
  return rules.filter(([broken]) => broken).map(([, rule]) => `${name}: ${rule}`);
}

Deno.test("names, labels and help texts of all families keep promlint's rules", () => {
  assert.deepEqual(Object.values(families).flatMap(lint), []);
});

Deno.test("lint() finds each broken rule", () => {
  const good = {
    name: "x_total",
    type: "counter",
    of: "source",
    labels: ["a"],
    help: "X.",
    read: () => [],
  } as const;
  const broken: readonly [Partial<MetricFamily>, string][] = [
    [{ help: " " }, "no help text"],
    [{ name: "x_milliseconds_total" }, "not a base unit"],
    [{ name: "x_ms_total" }, "an abbreviated unit"],
    [{ name: "x" }, 'a counter without "_total"'],
    [{ type: "gauge" }, '"_total", but not a counter'],
    [{ type: "gauge", name: "x_count" }, "a histogram's ending, but no histogram"],
    [{ labels: ["le"] }, "a reserved label"],
    [{ name: "x_counter_total" }, "its type"],
    [{ name: "x:y_total" }, "a colon, which belongs to recording rules"],
    [{ labels: ["camelCase"] }, "not in snake_case"],
    [{ labels: ["a", "a"] }, "a label twice"],
  ];
  for (const [change, rule] of broken) {
    const family = { ...good, ...change };
    assert.ok(lint(family).includes(`${family.name}: ${rule}`), rule);
  }
});

Deno.test("a time has its unit at the end of the name, and every help text is one sentence", () => {
  for (const { name, help } of Object.values(families)) {
    assert.match(help, /^[A-Z0-9].*[^.]\.$/, name);
    const words = name.replace(/_total$/, "").split("_");
    const unit = words.find((word) => units.includes(word));
    if (unit !== undefined) assert.equal(words.at(-1), unit, name);
  }
});

Deno.test("names of families are unique", () => {
  const names = Object.values(families).map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
});

const promtool = findProgram("promtool");
Deno.test({
  ...needing("promtool accepts the textfile", missingPrograms("promtool")),
  fn: async () => {
    const input = await goldenExposition({
      flantCompatibility: false,
      pairMetrics: "all",
      pairDistribution: true,
    });
    const check = (text: string) =>
      run(spawnProcess, { command: promtool ?? "", args: ["check", "metrics"], input: text });
    const accepted = await check(input);
    assert.deepEqual([accepted.code, accepted.stdout, accepted.stderr], [0, "", ""]);
    const { code, stderr } = await check(input.replaceAll("nodeping_probes_sent_total", "sentMs"));
    assert.ok(code !== 0 && stderr.includes("sentMs"), "and it can refuse one");
  },
});
