/** Puts every query of the dashboard to a Prometheus. @module */

import assert from "node:assert/strict";
import { dashboard } from "../../dashboard/dashboard.ts";
import type { PrometheusClient } from "../synthetic/prometheus.ts";
import { filledIn, panelQueries } from "./grafana.ts";
import type { VariableValues } from "./grafana.ts";

/** Results that say that all is well are empty for a choice without the fault. */
const mayBeEmpty = /^(Alerts since|Troubles of the node list)/;

/** Puts every query; fails when one is refused, has no data, or gives a series twice. */
export async function answersAll(
  prometheus: PrometheusClient,
  values: VariableValues,
  { rangeSeconds, scrapeSeconds }: {
    readonly rangeSeconds: number;
    readonly scrapeSeconds: number;
  },
): Promise<void> {
  const time = { rangeSeconds, stepSeconds: 1, scrapeSeconds };
  const queries = panelQueries(dashboard());
  assert.ok(queries.length > 50, `${queries.length} queries`);
  const problems: string[] = [];
  for (const { panel, refId, expr, instant } of queries) {
    const filled = filledIn(expr, values, time);
    const result = await (instant
      ? prometheus.query(filled)
      : prometheus.queryRange(filled, rangeSeconds, time.stepSeconds))
      .catch((error: Error) =>
        problems.push(`"${panel}" ${refId}: ${error.message}`)
      );
    if (typeof result === "number" || mayBeEmpty.test(panel)) continue;
    if (result.length === 0) problems.push(`"${panel}" ${refId} has no data: ${filled}`);
    const names = result.map(({ metric }) => JSON.stringify(metric));
    if (new Set(names).size < names.length) problems.push(`"${panel}" ${refId} repeats a series`);
  }
  assert.deepEqual(problems, []);
}
