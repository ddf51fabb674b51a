/** General graphs of the selected nodes. @module */

import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  HeatmapColorOptionsBuilder,
  PanelBuilder as HeatmapBuilder,
  YAxisConfigBuilder,
} from "@grafana/grafana-foundation-sdk/heatmap";
import { PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import * as general from "../queries/general.ts";
import { datasource, graph, lossGraph, overTime, rttGraph, unit } from "./common.ts";

/** The panels of the row. */
export function generalPanels(): Builder<Panel>[] {
  return [
    lossGraph("Loss by destination", "Of all probes of all nodes to the selected destinations.")
      .withTarget(overTime(general.lossByDestination, "{{destination_node}}")),
    lossGraph("Loss by source", "Of all probes of the selected sources to all nodes.")
      .withTarget(overTime(general.lossBySource, "{{source_node}}")),
    rttGraph("Round-trip time by destination", "Mean over all sources.")
      .withTarget(overTime(general.rttByDestination, "{{destination_node}}")),
    rttGraph("Round-trip time by source", "Mean over all destinations.")
      .withTarget(overTime(general.rttBySource, "{{source_node}}")),
    lossGraph("Loss between zones", "Each direction for itself; empty where zones are unknown.")
      .withTarget(overTime(general.lossByZones, "{{source_zone}} to {{destination_zone}}")),
    graph(
      "Loss bursts by destination",
      "Runs of three or more lost probes in the rules' burst window.",
    )
      .withTarget(overTime(general.burstsByDestination, "{{destination_node}}")),
    distribution(),
  ];
}

function distribution(): Builder<Panel> {
  return new HeatmapBuilder()
    .title("Distribution of round-trip times")
    .description("Round trips a second of the selected sources to all nodes, by bucket.")
    .datasource(datasource)
    .withTarget(overTime(general.distribution, "{{le}}").format(PromQueryFormat.Heatmap))
    .yAxis(new YAxisConfigBuilder().unit(unit.seconds))
    .color(new HeatmapColorOptionsBuilder().scheme("Viridis").steps(64))
    .span(24).height(8);
}
