/** The agents themselves. @module */

import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import * as agents from "../queries/agents.ts";
import { freshAgentCount } from "../queries/now.ts";
import { BigValueColorMode } from "@grafana/grafana-foundation-sdk/common";
import {
  asNumber,
  asTable,
  colored,
  columns,
  graph,
  overTime,
  problemStat,
  refId,
  table,
  thresholds,
  unit,
} from "./common.ts";
import type { Steps } from "./common.ts";

const mustBe1: Steps = [[null, "red"], [1, "green"]];

/** The panels of the row. */
export function agentPanels(): Builder<Panel>[] {
  return [
    problemStat("Agents that report", "Agents that wrote within the last two minutes.")
      .withTarget(asNumber(freshAgentCount, "agents")).colorMode(BigValueColorMode.Value)
      .thresholds(thresholds([[null, "red"], [1, "green"]]))
      .span(4).height(8),
    inventory(),
    graph("Probe rate", "Probes a second of the median pair, as part of the planned rate.")
      .unit(unit.ratio).withTarget(overTime(agents.rateOfPlan, "{{source_node}}")),
    graph("Age of what is exported", "Time since the agent wrote its metrics.")
      .unit(unit.seconds).withTarget(overTime(agents.age, "{{source_node}}")),
    graph("Time to write the textfile", "Rendering and writing, the last time.")
      .unit(unit.seconds).withTarget(overTime(agents.writeSeconds, "{{source_node}}")),
    graph("Restarts of fping", "By reason; a changed node list is none.")
      .withTarget(overTime(agents.restarts, "{{source_node}} {{reason}}")),
    listProblems(),
    several("Troubles of agents", "What should not happen.", agents.troubles),
    several(
      "Troubles of probes",
      "Refused by the kernel, answered twice, or answered by ICMP errors: times a minute.",
      agents.refusals,
    ),
  ];
}

function listProblems(): Builder<Panel> {
  const panel = graph(
    "Troubles of the node list",
    "Entries that are skipped, host names without an address, nodes that the cluster does not have, and a sync that fails.",
  );
  Object.entries(agents.listProblems).forEach(([legend, expr], index) =>
    panel.withTarget(overTime(expr, legend, refId(index)))
  );
  return panel;
}

function several(
  title: string,
  description: string,
  queries: Readonly<Record<string, string>>,
): Builder<Panel> {
  const panel = graph(title, description);
  Object.entries(queries).forEach(([name, expr], index) =>
    panel.withTarget(overTime(expr, `{{source_node}} ${name}`, refId(index)))
  );
  return panel;
}

function inventory(): Builder<Panel> {
  const panel = table("Agents", "Versions, node list and state of each agent.").span(20).height(8);
  for (const [name, expr] of Object.entries(agents.inventory)) {
    panel.withTarget(asTable(expr, name));
  }
  return panel
    .transformations(columns({
      source_node: "Node",
      version: "nodeping",
      fping_version: "fping",
      hash: "Node list",
      "Value #targets": "Targets",
      "Value #measuring": "Measuring",
      "Value #inNodeList": "In the list",
      "Value #reloadSuccess": "List accepted",
      "Value #reloaded": "List since",
    }))
    .overrideByRegexp("/Measuring|In the list|List accepted/", colored("short", mustBe1, 0))
    .overrideByName("List since", [{ id: "unit", value: unit.date }])
    .overrideByRegexp("/^Value/", [{ id: "custom.hidden", value: true }]);
}
