/** The row "Now": what is wrong at this moment, and the matrices. @module */

import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import { TableCellHeight } from "@grafana/grafana-foundation-sdk/common";
import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { PanelBuilder as TableBuilder } from "@grafana/grafana-foundation-sdk/table";
import {
  asNumber,
  asTable,
  colored,
  columns,
  largestFirst,
  lossSteps,
  pairLink,
  pairLinkProperty,
  problemStat,
  refId,
  rttSteps,
  table,
  unit,
} from "./common.ts";
import type { Steps } from "./common.ts";
import * as now from "../queries/now.ts";
import { variable } from "../queries/selection.ts";
import { verdictKinds } from "../../src/diagnosis/report.ts";

/** The panels of the row. */
export function nowPanels(): Builder<Panel>[] {
  return [
    causeCounts(),
    agentStates(),
    causeTable(),
    alertTable(),
    worstPairs(),
    lossMatrix(),
    rttMatrix(),
  ];
}

function causeCounts(): Builder<Panel> {
  const panel = problemStat(
    "Causes",
    "How many nodes, sources, destinations, links, zone pairs and paths the rules blame for loss right " +
      "now, and for vanishing full-size packets (mtu). Cordoned nodes are counted; they raise no alert.",
  ).span(12).height(4);
  [...verdictKinds, "mtu"].forEach((kind, index) =>
    panel.withTarget(asNumber(now.causeCount(kind), kind, refId(index)))
  );
  return panel;
}

function agentStates(): Builder<Panel> {
  const states: Readonly<Record<string, string>> = {
    "cannot measure": now.notMeasuringCount,
    "missing or stale": now.missingAgentCount,
    "not in the node list": now.notInListCount,
    "other node lists": now.otherConfigCount,
  };
  const panel = problemStat(
    "Agents in trouble",
    "Agents that run but cannot measure; nodes from which none reports; agents whose own node is " +
      "not in the list (see the log of the sync in the cluster, or run helm nodeping sync); node lists " +
      "applied beyond the one that all should have.",
  ).span(12).height(4);
  Object.entries(states).forEach(([name, expr], index) =>
    panel.withTarget(asNumber(expr, name, refId(index)))
  );
  return panel;
}

function causeTable(): Builder<Panel> {
  return table(
    "Who is to blame",
    "Every cause that the rules find, with the loss that it makes; mtu: full-size packets vanish, " +
      "small ones are not lost.",
  )
    .withTarget(asTable(now.causes))
    .transformations(columns({
      kind: "Kind",
      node: "Node",
      peer: "Peer",
      zone: "Zone",
      peer_zone: "Other zone",
      Value: "Loss",
    }))
    .overrideByName("Loss", colored(unit.ratio, lossSteps))
    .noValue("No cause")
    .sortBy([largestFirst("Loss")])
    .span(8).height(7);
}

function alertTable(): Builder<Panel> {
  return table(
    "Alerts since",
    "Alerts that are pending or firing, and since when their condition holds.",
  )
    .withTarget(asTable(now.alertsSince))
    .transformations(columns({
      alertname: "Alert",
      node: "Node",
      peer: "Peer",
      zone: "Zone",
      peer_zone: "Other zone",
      Value: "Since",
    }))
    .overrideByName("Since", [{ id: "unit", value: unit.since }])
    .noValue("No alert")
    .span(8).height(7);
}

function worstPairs(): Builder<Panel> {
  return table("Worst pairs", "The 20 pairs that lose most. Click the loss to see the pair.")
    .withTarget(asTable(now.worstPairs))
    .transformations(columns({
      source_node: "Source",
      destination_node: "Destination",
      destination_address: "Address",
      Value: "Loss",
    }))
    .overrideByName("Loss", [
      ...colored(unit.ratio, lossSteps),
      pairLinkProperty("${__data.fields.Source}", "${__data.fields.Destination}"),
    ])
    .noValue("Nothing is lost")
    .sortBy([largestFirst("Loss")])
    .span(8).height(7);
}

const matrixNote = "Rows are sources, columns destinations; click a cell to see the pair. " +
  `With more than ${now.matrixNodes} selected nodes: zones instead of nodes.`;

function lossMatrix(): Builder<Panel> {
  return matrix("Loss, source x destination", now.lossMatrix, lossSteps, unit.ratio)
    .description(
      `Worst address of each pair over the rules' window. ${matrixNote} A dark cross is a node, ` +
        "a dark row a source, a dark column a destination, two dark cells a link.",
    );
}

function rttMatrix(): Builder<Panel> {
  return matrix("Round-trip time, source x destination", now.rttMatrix, rttSteps, unit.seconds)
    .description(`Mean of the answered probes; empty where nothing is answered. ${matrixNote}`);
}

function matrix(title: string, expr: string, steps: Steps, unitName: string): TableBuilder {
  const properties = colored(unitName, steps, 1);
  return table(title, "")
    .withTarget(asTable(expr))
    .withTransformation({
      id: "groupingToMatrix",
      options: {
        rowField: "source_node",
        columnField: "destination_node",
        valueField: "Value",
        emptyValue: "null",
      },
    })
    .unit(unitName)
    .minWidth(45)
    .cellHeight(TableCellHeight.Sm)
    .dataLinks([pairLink("${__data.fields[0]}", "${__field.name}", `\${${variable.zoned}}`)])
    .overrideByRegexp("/^(?!source_node)/", properties)
    .overrideByRegexp("/^source_node/", [
      { id: "displayName", value: "source" },
      { id: "custom.width", value: 130 },
      { id: "links", value: [] },
    ])
    .span(24).height(14);
}
