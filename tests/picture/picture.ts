/**
 * The picture of the README: `deno run -A tests/picture/picture.ts [DIRECTORY=docs/images]` runs a
 * real Prometheus with our rules over a synthetic cluster of 12 nodes, asks it what the dashboard
 * asks, draws the answers where the dashboard has its panels, and has Chromium make a PNG. It is
 * not a screenshot of Grafana, and it says so.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { dashboard } from "../../dashboard/dashboard.ts";
import { defaultAlerts, defaultSettings } from "../../dashboard/rules/rule.ts";
import type { RuleSettings } from "../../dashboard/rules/rule.ts";
import { caseNodes, linkLoss, nodeLoss, nodeName } from "../cases/cluster.ts";
import { allNodes, filledIn } from "../dashboard/grafana.ts";
import { serve, SyntheticCluster } from "../synthetic/exporter.ts";
import { RealPrometheus } from "../synthetic/prometheus.ts";
import type { InstantResult, RangeResult } from "../synthetic/prometheus.ts";
import { page } from "./html.ts";
import type { AnsweredPanel } from "./html.ts";

const scrapeSeconds = 1;
const rangeSeconds = 60;
const note = "Drawn by tests/picture/picture.ts from the answers of a real Prometheus to the " +
  "dashboard's queries; the 12 nodes are synthetic, and this is not a screenshot of Grafana. " +
  "node-007 loses a third of its packets, the link between node-002 and node-011 is cut.";

async function main(directory: string): Promise<void> {
  const nodes = caseNodes(12, ["zone-a", "zone-b", "zone-c"]);
  const cluster = new SyntheticCluster({ nodes, losses: [], silent: [] });
  await using server = serve(cluster);
  await using prometheus = await RealPrometheus.start({
    settings: quick(),
    intervalSeconds: scrapeSeconds,
    exporterPort: server.addr.port,
    nodes: nodes.map(({ name }) => name),
    hurry: true,
  });
  await delay(25_000);
  cluster.become({
    nodes,
    losses: [...nodeLoss(nodeName(7), 0.33), ...linkLoss(nodeName(2), nodeName(11), 1)],
    silent: [],
  });
  await delay(35_000);
  const answered: AnsweredPanel[] = [];
  for (const panel of layout()) answered.push(await answer(prometheus, panel));
  await Deno.mkdir(directory, { recursive: true });
  const html = await Deno.makeTempFile({ suffix: ".html" });
  await Deno.writeTextFile(html, page("Node ping", note, answered));
  const bottom = Math.max(
    ...answered.map(({ panel: { gridPos } }) => (gridPos?.y ?? 0) + (gridPos?.h ?? 0)),
  );
  await screenshot(html, `${directory}/dashboard.png`, bottom * 30 + 90);
  await Deno.remove(html);
}

/** Every panel of open rows, and the graphs from one source, closer together. */
function layout(): Panel[] {
  const panels: Panel[] = [];
  let shift = 0;
  for (const panel of dashboard().panels ?? []) {
    if (panel.type === "row" && "panels" in panel && panel.panels.length > 0) continue;
    const { gridPos, type } = panel as Panel;
    if (gridPos === undefined || type === "heatmap") continue;
    const small = isMatrix(panel as Panel) ? 4 : 0;
    panels.push({
      ...panel as Panel,
      gridPos: { ...gridPos, y: gridPos.y - shift, h: gridPos.h - small },
    });
    shift += small;
  }
  return panels;
}

const isMatrix = (panel: Panel) =>
  (panel.transformations ?? []).some(({ id }) => id === "groupingToMatrix");

async function answer(prometheus: RealPrometheus, panel: Panel): Promise<AnsweredPanel> {
  const instant = new Map<string, readonly InstantResult[]>();
  const range: { legend: string; result: readonly RangeResult[] }[] = [];
  const time = { rangeSeconds, stepSeconds: scrapeSeconds, scrapeSeconds };
  for (const target of panel.targets ?? []) {
    const query = target as {
      refId?: string;
      expr?: string;
      instant?: boolean;
      legendFormat?: string;
    };
    const filled = filledIn(query.expr ?? "", allNodes, time);
    if (query.instant) instant.set(query.refId ?? "", await prometheus.query(filled));
    else {
      const result = await prometheus.queryRange(filled, rangeSeconds, scrapeSeconds);
      range.push({ legend: query.legendFormat ?? "", result });
    }
  }
  return { panel, instant, range };
}

/** The rules as they are, with short windows: a picture need not take ten minutes. */
function quick(): RuleSettings {
  const alerts = Object.entries(defaultAlerts).map(([key, one]) => [key, { ...one, for: "5s" }]);
  return {
    ...defaultSettings,
    thresholds: { ...defaultSettings.thresholds, window: "8s", burstWindow: "1m" },
    alerts: Object.fromEntries(alerts),
  };
}

async function screenshot(html: string, png: string, height: number): Promise<void> {
  const { success, stderr } = await new Deno.Command("chromium", {
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--hide-scrollbars",
      `--window-size=1506,${height}`,
      `--screenshot=${png}`,
      `file://${html}`,
    ],
  }).output();
  if (!success) throw new Error(`chromium: ${new TextDecoder().decode(stderr)}`);
}

if (import.meta.main) await main(Deno.args[0] ?? "docs/images");
