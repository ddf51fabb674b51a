import assert from "node:assert/strict";
import { Gauge, Registry } from "prom-client";
import { familyText } from "./family_text.ts";
import type { Sample } from "./samples.ts";

const head = { name: "nodeping_test_total", type: "counter", help: 'A "test" of \\ and\nlines' };

/** What prom-client makes of the samples. */
async function byPromClient(samples: readonly Sample[]): Promise<string> {
  const registry = new Registry();
  const gauge = new Gauge({ name: head.name, help: head.help, registers: [registry] });
  gauge.get = () =>
    Promise.resolve(
      { ...head, aggregator: "sum", values: samples } as unknown as Awaited<
        ReturnType<Gauge["get"]>
      >,
    );
  return `${await registry.getSingleMetricAsString(head.name)}\n`;
}

Deno.test("familyText() is what prom-client makes of the same samples", async () => {
  const sharedLabels = { source_node: 'a"b\\c\nd', destination_node: "ü" };
  const samples: readonly Sample[] = [
    { labels: {}, value: 1 },
    { labels: { type: "other" }, value: 0.1 + 0.2 },
    { labels: {}, sharedLabels, value: 1e21 },
    { labels: { type: "other", le: "5e-05" }, sharedLabels, value: 0.000054 },
    { metricName: "nodeping_test_bucket", labels: { le: "+Inf" }, sharedLabels, value: Infinity },
    { labels: {}, value: -Infinity },
  ];
  assert.equal([...familyText(head, samples)].join(""), await byPromClient(samples));
  const many = Array.from(
    { length: 3000 },
    (_, value): Sample => ({ labels: {}, sharedLabels, value }),
  );
  assert.equal([...familyText(head, many)].join(""), await byPromClient(many));
  assert.equal([...familyText(head, [])].join(""), await byPromClient([]));
});

Deno.test("familyText() writes NaN as Prometheus reads it", () => {
  const [text = ""] = familyText(head, [{ labels: {}, value: NaN }]);
  assert.match(text, /^nodeping_test_total NaN$/m);
});
