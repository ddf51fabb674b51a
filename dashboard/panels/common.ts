/** What panels have in common. @module */

import {
  DashboardLinkBuilder,
  FieldColorBuilder,
  FieldColorModeId,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { DataTransformerConfig } from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TableBuilder } from "@grafana/grafana-foundation-sdk/table";
import { PanelBuilder as TimeseriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import {
  BigValueColorMode,
  BigValueGraphMode,
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  TableSortByFieldStateBuilder,
  TooltipDisplayMode,
  VisibilityMode,
} from "@grafana/grafana-foundation-sdk/common";
import {
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import { variable } from "../queries/selection.ts";

/** The data source that the viewer chose. */
export const datasource = { type: "prometheus", uid: `\${${variable.datasource}}` };

/** Unique id of the dashboard: links to it stay good. */
export const dashboardUid = "nodeping";

/** Units, by Grafana's names. */
export const unit = {
  ratio: "percentunit",
  seconds: "s",
  date: "dateTimeAsIso",
  since: "dateTimeFromNow",
} as const;

/** A query whose result is drawn over time. */
export function overTime(expr: string, legend: string, refId = "A"): DataqueryBuilder {
  return new DataqueryBuilder().expr(expr).range().legendFormat(legend).refId(refId);
}

/** A query of one moment, as a table. */
export function asTable(expr: string, refId = "A"): DataqueryBuilder {
  return new DataqueryBuilder().expr(expr).instant().format(PromQueryFormat.Table).refId(refId);
}

/** A query of one moment, as a number. */
export function asNumber(expr: string, legend: string, refId = "A"): DataqueryBuilder {
  return new DataqueryBuilder().expr(expr).instant().legendFormat(legend).refId(refId);
}

/** Names the queries of one panel: A, B, C and so on. */
export function refId(index: number): string {
  return String.fromCharCode("A".charCodeAt(0) + index);
}

/** Colours from one value on. */
export type Steps = readonly (readonly [from: number | null, color: string])[];

/** Loss: green below what rules call bad, purple where nothing arrives (told from red by all). */
export const lossSteps: Steps = [
  [null, "green"],
  [0.005, "yellow"],
  [0.02, "orange"],
  [0.2, "red"],
  [0.9, "dark-purple"],
];

/** Round-trip times within a data centre. */
export const rttSteps: Steps = [
  [null, "green"],
  [0.002, "yellow"],
  [0.01, "orange"],
  [0.1, "red"],
];

/** Nothing is wrong at 0. */
export const noneSteps: Steps = [[null, "green"], [1, "red"]];

/** Thresholds of a panel. */
export function thresholds(steps: Steps): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute)
    .steps(steps.map(([value, color]) => ({ value, color })));
}

/** Colour by threshold. */
function byThreshold(): FieldColorBuilder {
  return new FieldColorBuilder().mode(FieldColorModeId.Thresholds);
}

/** A graph with the table of its lines below: the worst first. */
export function graph(title: string, description: string): TimeseriesBuilder {
  return new TimeseriesBuilder()
    .title(title)
    .description(description)
    .datasource(datasource)
    .min(0)
    .lineWidth(1)
    .fillOpacity(5)
    .showPoints(VisibilityMode.Never)
    .legend(
      new VizLegendOptionsBuilder().displayMode(LegendDisplayMode.Table)
        .placement(LegendPlacement.Right).showLegend(true).calcs(["max", "lastNotNull"])
        .sortBy("Max").sortDesc(true),
    )
    .tooltip(
      new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending),
    )
    .span(12).height(8);
}

/** A graph of losses. */
export function lossGraph(title: string, description: string): TimeseriesBuilder {
  return graph(title, description).unit(unit.ratio).axisSoftMax(0.05);
}

/** A graph of round-trip times. */
export function rttGraph(title: string, description: string): TimeseriesBuilder {
  return graph(title, description).unit(unit.seconds);
}

/** Numbers that should be 0. */
export function problemStat(title: string, description: string): StatBuilder {
  return new StatBuilder()
    .title(title)
    .description(description)
    .datasource(datasource)
    .thresholds(thresholds(noneSteps))
    .colorScheme(byThreshold())
    .colorMode(BigValueColorMode.Background)
    .graphMode(BigValueGraphMode.None);
}

/** A table. */
export function table(title: string, description: string): TableBuilder {
  return new TableBuilder().title(title).description(description).datasource(datasource);
}

/** The rows with the largest values of the column come first. */
export function largestFirst(column: string): TableSortByFieldStateBuilder {
  return new TableSortByFieldStateBuilder().displayName(column).desc(true);
}

/** Properties of a column whose background tells the value. */
export function colored(unitName: string, steps: Steps, decimals = 2): ColumnProperties {
  return [
    { id: "unit", value: unitName },
    { id: "decimals", value: decimals },
    { id: "thresholds", value: thresholds(steps).build() },
    { id: "color", value: { mode: "thresholds" } },
    { id: "custom.cellOptions", value: { type: "color-background", mode: "basic" } },
  ];
}

/** Properties of a column. */
export type ColumnProperties = { readonly id: string; readonly value: unknown }[];

/** Joins the results of several table queries and names the columns, in this order. */
export function columns(names: Readonly<Record<string, string>>): DataTransformerConfig[] {
  return [
    { id: "merge", options: {} },
    {
      id: "organize",
      options: {
        excludeByName: { Time: true },
        indexByName: Object.fromEntries(Object.keys(names).map((name, index) => [name, index])),
        renameByName: names,
      },
    },
  ];
}

/** A link to this dashboard with one pair selected: of nodes, or with the suffix of zones. */
export function pairLink(source: string, destination: string, suffix = ""): DashboardLinkBuilder {
  return new DashboardLinkBuilder("Show this pair").url(
    `/d/${dashboardUid}?var-${variable.source}${suffix}=${source}` +
      `&var-${variable.destination}${suffix}=${destination}` +
      `&\${${variable.datasource}:queryparam}&\${${variable.cluster}:queryparam}` +
      `&\${__url_time_range}`,
  );
}

/** The same link as a property of a column. */
export function pairLinkProperty(source: string, destination: string): ColumnProperties[number] {
  const { title, url } = pairLink(source, destination).build();
  return { id: "links", value: [{ title, url }] };
}
