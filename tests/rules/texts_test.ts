/** The texts of every alert, as Prometheus renders them. @module */

import assert from "node:assert/strict";
import { alertName, defaultAlerts } from "../../dashboard/rules/rule.ts";
import { missingPrograms, needing } from "../needing.ts";
import { at } from "./alert_series.ts";
import { texts } from "./alert_texts.ts";
import { runPromtool } from "./promtool.ts";
import type { AlertReading } from "./promtool.ts";

for (const { key, labels = {}, summary, description, series } of texts) {
  Deno.test({
    ...needing(
      `rules: ${alertName(key)} says "${summary}"`,
      missingPrograms("promtool"),
    ),
    fn: () => {
      const { severity } = defaultAlerts[key];
      const reading: AlertReading = {
        alertname: alertName(key),
        labels: { severity, ...labels },
        summary,
        description,
      };
      return runPromtool({ series, expectations: [{ at, reading: [reading] }] });
    },
  });
}

Deno.test("every alert's text is tested, and has no raw number", () => {
  const tested = new Set(texts.map(({ key }) => key));
  assert.deepEqual([...tested].sort(), Object.keys(defaultAlerts).sort());
  for (const { summary, description } of texts) {
    assert.doesNotMatch(
      `${summary} ${description}`,
      /(?<!10\.0\.0)\.\d{3}|\de[-+]\d|NaN|no value| {2}|%!/,
    );
  }
});
