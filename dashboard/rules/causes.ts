/**
 * "Who is to blame" in PromQL: the matrix of losses becomes the fewest causes that explain it.
 *
 * 1. A pair is bad above the threshold. A row (source) or column (destination) that is bad towards
 *    nearly all its peers, in every zone, is bad everywhere: no zone pair can explain it.
 * 2. Among the pairs that are left, a zone pair is bad when most of its pairs are, both ways.
 * 3. Among the pairs that are left, a row or column is bad when most of it is.
 * 4. Column and row: node. Row alone: source. Column alone: destination. A missing row agrees.
 * 5. A bad pair that none of these explains, and whose way back is bad or unknown, is a link.
 *
 * @module
 */

import { families } from "../../src/metrics/families.ts";
import { exchange, rename } from "../promql.ts";
import { recorded } from "./measurements.ts";
import type { RecordingRule, RuleGroup } from "./rule.ts";
import type { Thresholds } from "./settings.ts";

/** The series of causes: its value is the loss, its label `kind` one of the five kinds. */
export const causeSeries = "nodeping:cause:loss_ratio";

/** Names of the steps on the way to the causes. */
const steps = {
  rowBadEverywhere: "source:nodeping_bad_everywhere:ratio",
  columnBadEverywhere: "destination:nodeping_bad_everywhere:ratio",
  meshBad: "nodeping:mesh_bad:ratio",
  zonePairBad: "zonepair:nodeping_bad_pairs:ratio",
  badZonePair: "zonepair:nodeping_bad:loss_ratio",
  badRow: "source:nodeping_bad:ratio",
  badColumn: "destination:nodeping_bad:ratio",
  badLink: "nodepair:nodeping_bad_link:loss_ratio",
} as const;

/** The number of each agent's node, by which two nodes are put in order. */
export const agentsOrder = `max by (source_node) (${families.agentNodeOrder.name})`;

const { nodePairLoss } = recorded;
const zonesOfPair = "source_zone, destination_zone";
const nodesOfPair = "source_node, destination_node";

/** The rules of every step and cause, to be evaluated in this order after the measurements. */
export function causeRules({ loss }: Thresholds): RuleGroup["rules"] {
  return [
    { record: steps.rowBadEverywhere, expr: badEverywhere("source", "destination", loss) },
    { record: steps.columnBadEverywhere, expr: badEverywhere("destination", "source", loss) },
    { record: steps.meshBad, expr: meshBad() },
    { record: steps.zonePairBad, expr: `avg by (${zonesOfPair}) (${badness(openPairs(), loss)})` },
    { record: steps.badZonePair, expr: badZonePair() },
    { record: steps.badRow, expr: badLine("source", steps.rowBadEverywhere, loss) },
    { record: steps.badColumn, expr: badLine("destination", steps.columnBadEverywhere, loss) },
    { record: steps.badLink, expr: badLink(loss) },
    ...causes(),
  ];
}

/** 1 for each bad pair of the vector, else 0. */
function badness(pairs: string, loss: string): string {
  return `${pairs} > bool ${loss}`;
}

/** Rows (or columns) that lose to at least nine in ten peers, and to most in each single zone. */
function badEverywhere(node: Side, peer: Side, loss: string): string {
  const bad = badness(nodePairLoss, loss);
  const name = `${node}_node`;
  return `avg by (${name}) (${bad}) >= 0.9 ` +
    `and on (${name}) (count by (${name}) (${nodePairLoss}) >= 2) ` +
    `and on (${name}) (min by (${name}) (avg by (${name}, ${peer}_zone) (${bad})) > 0.5)`;
}

type Side = "source" | "destination";

/**
 * Where nearly every node is bad everywhere, the node is not what is at fault. At least three rows
 * are needed to say so.
 */
function meshBad(): string {
  const share = (bad: string, node: string) =>
    `count(${bad}) / count(count by (${node}) (${nodePairLoss})) > 2 / 3`;
  return `(${share(steps.rowBadEverywhere, "source_node")} ` +
    `or ${share(steps.columnBadEverywhere, "destination_node")}) ` +
    `and (count(count by (source_node) (${nodePairLoss})) >= 3)`;
}

/** The lines that step 1 blames, unless the whole mesh is bad. */
function blamed(step: string): string {
  return `(${step} unless on () ${steps.meshBad})`;
}

/** Pairs that no row or column bad everywhere explains. */
function openPairs(): string {
  return `(${nodePairLoss} unless on (source_node) ${blamed(steps.rowBadEverywhere)} ` +
    `unless on (destination_node) ${blamed(steps.columnBadEverywhere)})`;
}

/** Its value is the mean loss. Fewer than three pairs are links, not a zone pair. */
function badZonePair(): string {
  const most = `${steps.zonePairBad} > 0.5`;
  const wayBackGood = exchange(`(${steps.zonePairBad} <= 0.5)`, "source_zone", "destination_zone");
  return `avg by (${zonesOfPair}) (${openPairs()}) and on (${zonesOfPair}) (${most}) ` +
    `and on (${zonesOfPair}) (count by (${zonesOfPair}) (${openPairs()}) >= 3) ` +
    `unless on (${zonesOfPair}) ${wayBackGood}`;
}

/** Step 3: rows or columns most of whose remaining pairs are bad, and those of step 1. */
function badLine(node: Side, everywhere: string, loss: string): string {
  const name = `${node}_node`;
  const pairs = `(${openPairs()} unless on (${zonesOfPair}) ${steps.badZonePair})`;
  return `${blamed(everywhere)} or (avg by (${name}) (${badness(pairs, loss)}) > 0.5 ` +
    `and on (${name}) (count by (${name}) (${pairs}) >= 2))`;
}

/**
 * Step 5, as (destination, source): each bad pair is turned round, and dropped where the way back
 * is good.
 */
function badLink(loss: string): string {
  const pairs = `max by (${nodesOfPair}) (${nodePairLoss} > ${loss} ` +
    `unless on (source_node) ${steps.badRow} unless on (destination_node) ${steps.badColumn} ` +
    `unless on (${zonesOfPair}) ${steps.badZonePair})`;
  return `${exchange(pairs, "source_node", "destination_node")} ` +
    `unless on (${nodesOfPair}) (${nodePairLoss} <= ${loss})`;
}

function causes(): readonly RecordingRule[] {
  const column = named("destination_node", steps.badColumn);
  const row = named("source_node", steps.badRow);
  const readRow = named("source_node", `count by (source_node) (${nodePairLoss})`);
  const readColumn = named("destination_node", `count by (destination_node) (${nodePairLoss})`);
  const rowWell = `(${readRow} unless on (node) ${row})`;
  const lossOf = (side: Side) =>
    named(`${side}_node`, `quantile by (${side}_node) (0.5, ${nodePairLoss})`);
  const columnLoss = `${lossOf("destination")} and on (node) ${column}`;
  return [
    cause("node", `${columnLoss} unless on (node) ${rowWell}`),
    cause("destination", `${columnLoss} and on (node) ${rowWell}`),
    cause(
      "source",
      `${lossOf("source")} and on (node) ${row} and on (node) ${readColumn} ` +
        `unless on (node) ${column}`,
    ),
    cause("link", linkCause()),
    cause("zone-pair", zonePairCause()),
  ];
}

function cause(kind: string, expr: string): RecordingRule {
  return { record: causeSeries, expr, labels: { kind } };
}

/** The vector with nothing but the label `node`. */
function named(label: string, vector: string): string {
  return `max by (node) (${rename(vector, label, "node")})`;
}

/** Both pairs of a link are one cause: the one whose source comes first in the agents' order. */
function linkCause(): string {
  const second = secondOfTwo(
    steps.badLink,
    nodesOfPair,
    "source_node",
    "destination_node",
    agentsOrder,
  );
  const link = `(${steps.badLink} unless on (${nodesOfPair}) ${second})`;
  return `max by (node, peer) (${
    rename(rename(link, "source_node", "node"), "destination_node", "peer")
  })`;
}

/** A zone's place in the order is that of its first node. */
function zonePairCause(): string {
  const zones = `max by (source_node, source_zone) (${nodePairLoss})`;
  const order = `min by (source_zone) (${zones} * 0 + on (source_node) group_left () ` +
    `${agentsOrder})`;
  const second = secondOfTwo(
    steps.badZonePair,
    zonesOfPair,
    "source_zone",
    "destination_zone",
    order,
  );
  const pair = `(${steps.badZonePair} unless on (${zonesOfPair}) ${second})`;
  return `max by (zone, peer_zone) (${
    rename(rename(pair, "source_zone", "zone"), "destination_zone", "peer_zone")
  })`;
}

/**
 * Of the elements that are there both ways round, those whose source comes later. PromQL cannot
 * order strings, so the agents export a number made from their node's name.
 */
export function secondOfTwo(
  vector: string,
  labels: string,
  source: string,
  destination: string,
  order: string,
): string {
  const bothWays = `(${vector} and on (${labels}) ${exchange(vector, source, destination)})`;
  const orderOf = (label: string, vectorOfOrder: string) =>
    `(${bothWays} * 0 + on (${label}) group_left () ${vectorOfOrder})`;
  return `(${orderOf(source, order)} > ` +
    `${orderOf(destination, `max by (${destination}) (${rename(order, source, destination)})`)})`;
}
