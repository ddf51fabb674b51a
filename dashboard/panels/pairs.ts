/** The summary of the selected pairs, and the graphs of one source. @module */

import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import { matrixNodes } from "../queries/now.ts";
import { pairGraphs, summary } from "../queries/pairs.ts";
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

/** The table of pings between the selected nodes, over the dashboard's period. */
export function summaryTable(title: string, matchers?: string): Builder<Panel> {
  const { loss, mean, min, max, deviation, bursts } = summary(matchers);
  return table(
    title,
    "For the whole period of the dashboard. Loss and mean from counters; minimum and maximum of " +
      "what the agents reported, mean of their standard deviations; runs of three or more lost probes.",
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
    }))
    .sortBy([largestFirst("Loss")])
    .noValue(`Select at most ${matrixNodes} sources and destinations`)
    .filterable(true)
    .overrideByName("Loss", [
      ...colored(unit.ratio, lossSteps, 3),
      pairLinkProperty("${__data.fields.Source}", "${__data.fields.Destination}"),
    ])
    .overrideByName("Mean RTT", colored(unit.seconds, rttSteps))
    .overrideByRegexp("/Min RTT|Max RTT|Deviation/", [{ id: "unit", value: unit.seconds }])
    .overrideByName("Loss bursts", colored("short", noneSteps, 0))
    .span(24).height(12);
}

/** The graphs from one source to each selected destination. */
export function sourcePanels(matchers?: string): Builder<Panel>[] {
  const { loss, mean, max, bursts } = pairGraphs(matchers);
  const legend = "{{destination_node}} {{destination_address}}";
  return [
    lossGraph("Loss", "Part of the probes that were not answered in time.")
      .withTarget(overTime(loss, legend)),
    rttGraph("Mean round-trip time", "Of the answered probes; nothing where none is answered.")
      .withTarget(overTime(mean, legend)),
    graph("Loss bursts", "Runs of three or more lost probes: the drizzle that averages hide.")
      .withTarget(overTime(bursts, legend)),
    rttGraph("Largest round-trip time", "Largest of the agent's last minute.")
      .withTarget(overTime(max, legend)),
  ];
}
