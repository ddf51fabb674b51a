/** The Grafana dashboard "Node ping". @module */

import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  AnnotationQueryBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  RowBuilder,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { Dashboard, Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { agentPanels } from "./panels/agents.ts";
import { dashboardUid, datasource } from "./panels/common.ts";
import { generalPanels } from "./panels/general.ts";
import { nowPanels } from "./panels/now.ts";
import { externalTable, sourcePanels, summaryTable } from "./panels/pairs.ts";
import { withClusterLabel } from "./promql.ts";
import { selectedCluster, selectedExternal, variable } from "./queries/selection.ts";
import { variables } from "./variables.ts";

/** The dashboard, for a Grafana that has data sources already (a ConfigMap for its sidecar). */
export function dashboard(): Dashboard {
  const builder = new DashboardBuilder("Node ping")
    .uid(dashboardUid)
    .description(
      "Every node probes every other node: which pair, node or zone is bad, since when, how bad.",
    )
    .tags(["nodeping", "network", "kubernetes"])
    .editable()
    .tooltip(DashboardCursorSync.Crosshair)
    .refresh("30s")
    .time({ from: "now-1h", to: "now" })
    .timezone("browser")
    .variables(variables())
    .annotation(firingAlerts());
  open(builder, "Now", nowPanels());
  open(builder, "Pings between the selected nodes", [summaryTable("Summary of the period")]);
  open(builder, "Selected nodes", generalPanels());
  builder.withRow(closed(`From $${variable.source}`, sourcePanels()).repeat(variable.source));
  builder.withRow(closed("External targets", [
    externalTable("Summary of the period"),
    ...sourcePanels(selectedExternal),
  ]));
  builder.withRow(closed("Agents", agentPanels()));
  const model = withClusterLabel(builder.build(), `$${variable.clusterLabel}`);
  return { ...model, panels: numbered(model.panels ?? []) };
}

type PanelOrRow = NonNullable<Dashboard["panels"]>[number];

/** Panels with ids in the order of the page: Grafana's links to one panel name its id. */
function numbered(panels: readonly PanelOrRow[]): PanelOrRow[] {
  let id = 0;
  return panels.map((panel) => {
    const ownId = ++id;
    if (!("panels" in panel)) return { ...panel, id: ownId };
    return { ...panel, id: ownId, panels: panel.panels.map((one) => ({ ...one, id: ++id })) };
  });
}

/** The same for an upload by hand: Grafana asks for the data source. */
export function uploadableDashboard(): unknown {
  const model = dashboard();
  const input = "DS_PROMETHEUS";
  const list = model.templating?.list?.map((one) =>
    one.name === variable.datasource
      ? { ...one, current: { selected: true, text: "Prometheus", value: `\${${input}}` } }
      : one
  );
  return {
    __inputs: [{
      name: input,
      label: "Prometheus",
      description: "The Prometheus that has the metrics of nodeping and evaluates its rules",
      type: "datasource",
      pluginId: "prometheus",
      pluginName: "Prometheus",
    }],
    ...model,
    templating: { ...model.templating, list },
  };
}

function open(builder: DashboardBuilder, title: string, panels: readonly Builder<Panel>[]): void {
  builder.withRow(new RowBuilder(title));
  for (const panel of panels) builder.withPanel(panel);
}

function closed(title: string, panels: readonly Builder<Panel>[]): RowBuilder {
  const row = new RowBuilder(title).collapsed(true);
  for (const panel of panels) row.withPanel(panel);
  return row;
}

function firingAlerts(): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name("Alerts")
    .datasource(datasource)
    .enable(true)
    .iconColor("red")
    .expr(`ALERTS{${selectedCluster}, alertname=~"NodePing.*", alertstate="firing"}`)
    .titleFormat("{{alertname}}")
    .textFormat("{{node}} {{peer}} {{zone}} {{peer_zone}}")
    .step("60s");
}
