import assert from "node:assert/strict";
import { parseAnswer } from "./prometheus.ts";
import { isReported, parseExposition, sourceReports } from "./source_report.ts";
import type { Sample } from "./source_report.ts";
import { families } from "../metrics/families.ts";
import { makeRandom, mutated } from "../../tests/fakes/random.ts";

const inputs = 10_000;
const sent = families.probesSent.name;
const received = families.probesReceived.name;

const labels = {
  ...{ source_node: "node-1", destination_node: "node-2", destination_address: "10.0.0.2" },
  ...{ destination_kind: "node", source_zone: "a" },
};

function line(name: string, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
  return `${name}{${pairs.join(",")}} ${value}\n`;
}

const textfile = `# HELP ${sent} x\n${line(sent, 41)}${line(received, 37)}` +
  line(families.rttSum.name, 0.0625);

const answer = JSON.stringify({
  status: "success",
  data: { resultType: "vector", result: [{ metric: labels, value: [1795401810.2, "37.5"] }] },
});

/** What is said of input that cannot be read: where it is wrong, and what stands there. */
const refusals = [
  /^Error: Line \d+ is no sample of the exposition format: "/,
  /^Error: The last line has no end: /,
  /^Error: with something else than JSON: /,
  /^Error: without success: /,
  /^Error: with .* instead of a vector$/,
  /^Error: with a vector whose element \d+ is no sample: /,
  /^Error: The label \w+ of \w+ is no name: /,
];

/**
 * Reads the input, as it is or with a refusal; and looks at what is concluded from it: no count
 * that is not in the samples, and none from one counter alone. Returns undefined when it is refused.
 */
function readMutated(
  input: string,
  read: (input: string) => readonly Sample[],
): { readonly samples: readonly Sample[]; readonly pairs: number } | undefined {
  try {
    const samples = read(input);
    const totals = sourceReports(samples).flatMap((report) => report.totals);
    const valuesOf = (name: string) =>
      samples.filter((sample) => sample.name === name).map(({ value }) => value);
    for (const one of totals) {
      assert.ok(Number.isFinite(one.sent) && one.sent >= 0, input);
      assert.ok(Number.isFinite(one.received) && one.received >= 0, input);
      assert.ok(valuesOf(sent).includes(one.sent), input);
      assert.ok(valuesOf(received).includes(one.received), input);
    }
    return { samples, pairs: totals.length };
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    assert.ok(refusals.some((refusal) => refusal.test(String(error))), `${error} on ${input}`);
    return undefined;
  }
}

Deno.test("textfiles: 10,000 mutated ones are refused with the place, or give counts that stand in them", () => {
  const random = makeRandom(3);
  let refused = 0;
  let pairs = 0;
  for (let i = 0; i < inputs; i++) {
    const found = readMutated(
      mutated(textfile, random),
      (text) => parseExposition(text, isReported),
    );
    if (found === undefined) refused++;
    else pairs += found.pairs;
  }
  assert.ok(refused > 1000 && pairs > 500, `${refused} refused, ${pairs} pairs`);
});

Deno.test("Prometheus answers: 10,000 mutated ones are refused with the reason, or give finite samples", () => {
  const random = makeRandom(4);
  let refused = 0;
  let read = 0;
  for (let i = 0; i < inputs; i++) {
    const text = mutated(answer, random);
    const found = readMutated(text, (input) => parseAnswer(sent, input).samples);
    if (found === undefined) refused++;
    for (const { value, labels } of found?.samples ?? []) {
      read++;
      assert.ok(Number.isFinite(value), text);
      // A number is taken as it stands, never from half of one.
      assert.ok([...text.matchAll(/"([^"]*)"/g)].some(([, one]) => Number(one) === value), text);
      for (const label of Object.values(labels)) assert.equal(typeof label, "string");
    }
    assert.equal(found?.pairs ?? 0, 0, "sent alone is no measurement");
  }
  assert.ok(refused > 1000 && read > 500, `${refused} refused, ${read} samples`);
});
