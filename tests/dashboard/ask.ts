/**
 * Puts every query of the dashboard to a Prometheus that runs somewhere, with everything selected:
 * `deno run -A tests/dashboard/ask.ts PROMETHEUS_URL [SCRAPE_SECONDS=15]`. Prints how many series each
 * has; fails when Prometheus refuses one. Troubles and causes that are not there have none.
 *
 * @module
 */

import { dashboard } from "../../dashboard/dashboard.ts";
import { PrometheusClient } from "../synthetic/prometheus.ts";
import { allNodes, filledIn, panelQueries } from "./grafana.ts";

const [url = "", scrape = "15"] = Deno.args;
const time = { rangeSeconds: 900, stepSeconds: 15, scrapeSeconds: Number(scrape) };

const prometheus = new PrometheusClient(url);
for (const { panel, refId, expr, instant } of panelQueries(dashboard())) {
  const filled = filledIn(expr, allNodes, time);
  const result = instant
    ? await prometheus.query(filled)
    : await prometheus.queryRange(filled, time.rangeSeconds, time.stepSeconds);
  const line = `${String(result.length).padStart(6)} series  ${panel}, ${refId}\n`;
  Deno.stdout.writeSync(new TextEncoder().encode(line));
}
