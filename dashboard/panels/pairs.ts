/** The summary of the selected pairs, and the graphs of one source. @module */

import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import type { PanelBuilder as TableBuilder } from "@grafana/grafana-foundation-sdk/table";
import { matrixNodes } from "../queries/now.ts";
import { pairGraphs, summary } from "../queries/pairs.ts";
import { selectedExternal } from "../queries/selection.ts";
import {
  asTable,
  colored,
  columns,
  graph,
  largestFirst,
  lossGraph,
  lossSteps,
  noneSteps,
  overTime,
  pairLinkProperty,
  rttGraph,
  rttSteps,
  table,
  unit,
} from "./common.ts";
import type { ColumnProperties } from "./common.ts";

/** The table of pings between the selected nodes, over the dashboard's period. */
export function summaryTable(title: string): Builder<Panel> {
  const pair = pairLinkProperty("${__data.fields.Source}", "${__data.fields.Destination}");
  const values = summary();
  return summaryOf(title, values, [pair])
    .withTarget(asTable(values.pathMtu, "pathMtu"))
    .noValue(`Select at most ${matrixNodes} sources and destinations`);
}

/** The same for external targets, which are no choice of the dashboard's: no link selects them. */
export function externalTable(title: string): Builder<Panel> {
  return summaryOf(title, summary(selectedExternal), []).noValue("No external target");
}

function summaryOf(
  title: string,
  { loss, mean, min, max, deviation, bursts }: ReturnType<typeof summary>,
  links: ColumnProperties,
): TableBuilder {
  return table(
    title,
    "For the whole period of the dashboard. Loss and mean from counters; minimum and maximum of " +
      "what the agents reported, mean of their standard deviations; runs of three or more lost probes; " +
      "of nodes the smallest path MTU.",
  )
    .withTarget(asTable(loss, "loss"))
    .withTarget(asTable(mean, "mean"))
    .withTarget(asTable(min, "min"))
    .withTarget(asTable(max, "max"))
    .withTarget(asTable(deviation, "deviation"))
    .withTarget(asTable(bursts, "bursts"))
    .transformations(columns({
      source_node: "Source",
      destination_node: "Destination",
      destination_address: "Address",
      "Value #loss": "Loss",
      "Value #mean": "Mean RTT",
      "Value #min": "Min RTT",
      "Value #max": "Max RTT",
      "Value #deviation": "Deviation",
      "Value #bursts": "Loss bursts",
      "Value #pathMtu": "Path MTU",
    }))
    .sortBy([largestFirst("Loss")])
    .filterable(true)
    .overrideByName("Loss", [...colored(unit.ratio, lossSteps, 3), ...links])
    .overrideByName("Mean RTT", colored(unit.seconds, rttSteps))
    .overrideByRegexp("/Min RTT|Max RTT|Deviation/", [{ id: "unit", value: unit.seconds }])
    .overrideByName("Loss bursts", colored("short", noneSteps, 0))
    .overrideByName("Path MTU", [{ id: "unit", value: "none" }])
    .span(24).height(12);
}

/** The graphs from one source to each selected destination. */
export function sourcePanels(matchers?: string): Builder<Panel>[] {
  const { loss, mean, max, bursts, pathMtu } = pairGraphs(matchers);
  const legend = "{{destination_node}} {{destination_address}}";
  return [
    lossGraph("Loss", "Part of the probes that were not answered in time.")
      .withTarget(overTime(loss, legend)),
    rttGraph("Mean round-trip time", "Of the answered probes; nothing where none is answered.")
      .withTarget(overTime(mean, legend)),
    graph("Loss bursts", "Runs of three or more lost probes: averages hide them.")
      .withTarget(overTime(bursts, legend)),
    rttGraph("Largest round-trip time", "Largest of the agent's last minute.")
      .withTarget(overTime(max, legend)),
    ...(matchers === undefined ? [pathMtuGraph(pathMtu, legend)] : []),
  ];
}

/** External targets have none. */
function pathMtuGraph(expr: string, legend: string): Builder<Panel> {
  return graph(
    "Path MTU",
    'Largest packet with "don\'t fragment" that was answered. A fall without an alert is a router ' +
      "that reports a smaller path; with NodePingPathMtuBlackHole larger packets vanish.",
  )
    .withTarget(overTime(expr, legend));
}
