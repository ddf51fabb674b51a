/** Tests that promtool runs. @module */

import { alertName } from "../../dashboard/rules/rule.ts";
import type { AlertKey, Thresholds } from "../../dashboard/rules/rule.ts";
import type { AlertLabels, Expectation } from "./promtool.ts";
import { runPromtool } from "./promtool.ts";
import type { InputSeries } from "./series.ts";
import { missingPrograms, needing } from "../needing.ts";

/** The alert with these labels. */
export function fires(key: AlertKey, labels: AlertLabels = {}): AlertLabels {
  return { alertname: alertName(key), ...labels };
}

/** A test of the rules on these series. */
export function ruleTest(
  name: string,
  series: readonly InputSeries[],
  expectations: readonly Expectation[],
  thresholds: Partial<Thresholds> = {},
): void {
  Deno.test({
    ...needing(`rules: ${name}`, missingPrograms("promtool")),
    fn: () => runPromtool({ series, expectations, thresholds }),
  });
}
