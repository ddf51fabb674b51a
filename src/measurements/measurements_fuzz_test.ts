import assert from "node:assert/strict";
import { makeRandom, mutated } from "../../tests/fakes/random.ts";
import { families } from "../metrics/families.ts";
import { parseExposition } from "./exposition.ts";
import type { Sample } from "./exposition.ts";
import { parseAnswer } from "./prometheus_answer.ts";
import { isReported, sourceReports } from "./source_report.ts";

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

/** What may be concluded from samples: no count that is not in them, and none from one counter alone. */
function assertNothingInvented(samples: readonly Sample[], input: string): number {
  let pairs = 0;
  const valuesOf = (name: string) =>
    samples.filter((sample) => sample.name === name).map(({ value }) => value);
  for (const { totals } of sourceReports(samples)) {
    for (const one of totals) {
      pairs++;
      assert.ok(Number.isFinite(one.sent) && one.sent >= 0, input);
      assert.ok(Number.isFinite(one.received) && one.received >= 0, input);
      assert.ok(valuesOf(sent).includes(one.sent), input);
      assert.ok(valuesOf(received).includes(one.received), input);
    }
  }
  return pairs;
}

Deno.test("textfiles: 10,000 mutated ones give an error with the line, or counts that stand in them", () => {
  const random = makeRandom(3);
  let refused = 0;
  let pairs = 0;
  for (let i = 0; i < inputs; i++) {
    const text = mutated(textfile, random);
    let samples: readonly Sample[];
    try {
      samples = parseExposition(text, isReported);
    } catch (error) {
      refused++;
      assert.match(
        String(error),
        /^Error: (Line \d+ is no sample of the exposition format: "|The last line has no end)/,
      );
      continue;
    }
    pairs += assertNothingInvented(samples, text);
  }
  assert.ok(refused > 1000 && pairs > 500, `${refused} refused, ${pairs} pairs`);
});

Deno.test("Prometheus answers: 10,000 mutated ones give an error with the reason, or finite samples", () => {
  const random = makeRandom(4);
  let refused = 0;
  let read = 0;
  for (let i = 0; i < inputs; i++) {
    const text = mutated(answer, random);
    let samples: readonly Sample[];
    try {
      samples = parseAnswer(sent, text);
    } catch (error) {
      refused++;
      assert.match(
        String(error),
        /^Error: (with something else than JSON: |without success: |with .* instead of a vector|with a vector whose element \d+ is no sample: )/,
      );
      continue;
    }
    for (const { value, labels } of samples) {
      read++;
      assert.ok(Number.isFinite(value), text);
      // A number is taken as it stands, never from half of one.
      assert.ok([...text.matchAll(/"([^"]*)"/g)].some(([, one]) => Number(one) === value), text);
      for (const label of Object.values(labels)) assert.equal(typeof label, "string");
    }
    assert.equal(assertNothingInvented(samples, text), 0, "sent alone is no measurement");
  }
  assert.ok(refused > 1000 && read > 500, `${refused} refused, ${read} samples`);
});
