/**
 * How long Prometheus takes for each query of the dashboard, and for the rules, in a cluster of
 * many synthetic nodes: `deno run -A tests/dashboard/large_cluster.ts [NODES=200] [MINUTES=4]`.
 * Prints a table, the machine's load beside; fails when a query fails. Takes minutes and gigabytes,
 * so it is no part of the tests.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import { dashboard } from "../../dashboard/dashboard.ts";
import { defaultSettings } from "../../dashboard/rules/rule.ts";
import { caseNodes, linkLoss, nodeLoss, nodeName } from "../cases/cluster.ts";
import { serve, SyntheticCluster } from "../synthetic/exporter.ts";
import { RealPrometheus } from "../synthetic/prometheus.ts";
import { filledIn, oneCluster, panelQueries } from "./grafana.ts";

const scrapeSeconds = 15;
const all = ".*";
const everything = {
  source: all,
  destination: all,
  source_zone: all,
  destination_zone: all,
  ...oneCluster,
  summarized: "",
};

async function main(count: number, minutes: number): Promise<void> {
  const nodes = caseNodes(count, ["zone-a", "zone-b", "zone-c"]);
  const cluster = new SyntheticCluster({
    nodes,
    losses: [...nodeLoss(nodeName(2), 1), ...linkLoss(nodeName(1), nodeName(3), 0.3)],
    silent: [nodeName(2)],
  }, { withoutIcmpErrors: true });
  await using server = serve(cluster);
  await using prometheus = await RealPrometheus.start({
    settings: defaultSettings,
    intervalSeconds: scrapeSeconds,
    exporterPort: server.addr.port,
    nodes: nodes.map(({ name }) => name),
  });
  await delay(minutes * 60_000);
  const print = (name: string, value: string) => line(`${value.padStart(12)}  ${name}`);
  const pairs = await prometheus.query("count(nodepair:nodeping_loss:ratio)");
  print("pairs", pairs[0]?.value[1] ?? "none");
  const causes = await prometheus.query("nodeping:cause:loss_ratio");
  for (const { metric, value } of causes) print(JSON.stringify(metric), value[1]);
  const cpu = await prometheus.cpuSeconds();
  const start = performance.now();
  const times = await ruleTimes(prometheus);
  const share = (await prometheus.cpuSeconds() - cpu) / (performance.now() - start) * 1000;
  print("processors that Prometheus keeps busy: scrapes, rules, memory", share.toFixed(2));
  print("load of the machine", Deno.loadavg().map((load) => load.toFixed(1)).join(", "));
  for (const [name, seconds] of times) {
    const three = seconds.map((one) => one.toFixed(2)).join(", ");
    if (Math.max(...seconds) >= 0.1) print(`rules: ${name}`, `${three} s`);
  }
  for (const { panel, refId, expr, instant } of panelQueries(dashboard())) {
    // A row of the dashboard that is repeated draws one source.
    const repeated = !instant && expr.includes('destination_kind="node"');
    const values = repeated ? { ...everything, source: nodeName(1) } : everything;
    const filled = filledIn(expr, values, { rangeSeconds: 3600, stepSeconds: 15, scrapeSeconds });
    const start = performance.now();
    const result = instant
      ? await prometheus.query(filled)
      : await prometheus.queryRange(filled, 3600, 15);
    const seconds = (performance.now() - start) / 1000;
    print(`${panel}, ${refId}: ${result.length} series`, `${seconds.toFixed(2)} s`);
  }
}

/** The times of three evaluations: one alone may have met a scrape or a compaction. */
async function ruleTimes(
  prometheus: RealPrometheus,
): Promise<readonly (readonly [name: string, seconds: readonly number[]])[]> {
  const readings: (readonly (readonly [name: string, seconds: number])[])[] = [];
  for (let reading = 0; reading < 3; reading++) {
    if (reading > 0) await delay(scrapeSeconds * 1000);
    readings.push(await prometheus.ruleSeconds());
  }
  return (readings[0] ?? []).map(([name], index) =>
    [name, readings.map((reading) => reading[index]?.[1] ?? 0)] as const
  );
}

function line(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

if (import.meta.main) {
  const [nodes = "200", minutes = "4"] = Deno.args;
  await main(Number(nodes), Number(minutes));
}
