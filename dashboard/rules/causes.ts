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

import { exchange, rename } from "../promql.ts";
import { recorded } from "./measurements.ts";
import type { RecordingRule, RuleGroup } from "./rule.ts";
import type { Thresholds } from "./settings.ts";
import { families } from "../../src/metrics/families.ts";

/** The series of causes: its value is the loss, its label `kind` one of the five kinds. */
export const causeSeries = "nodeping:cause:loss_ratio";

/** Names of the steps on the way to the causes. */
const steps = {
  badPair: "nodepair:nodeping_bad:loss_ratio",
  rowBadEverywhere: "source:nodeping_bad_everywhere:ratio",
  columnBadEverywhere: "destination:nodeping_bad_everywhere:ratio",
  meshBad: "nodeping:mesh_bad:ratio",
  openRow: "source:nodeping_open_peers:count",
  openColumn: "destination:nodeping_open_peers:count",
  zonePairBad: "zonepair:nodeping_bad_pairs:ratio",
  badZonePair: "zonepair:nodeping_bad:loss_ratio",
  badRow: "source:nodeping_bad:ratio",
  badColumn: "destination:nodeping_bad:ratio",
  columnLoss: "destination:nodeping_bad:loss_ratio",
  badLink: "nodepair:nodeping_bad_link:loss_ratio",
} as const;

/** The number of each agent's node, by which two nodes are put in order. */
export const agentsOrder = `max by (source_node) (${families.agentNodeOrder.name})`;

const { nodePairLoss } = recorded;
const zonesOfPair = "source_zone, destination_zone";
const nodesOfPair = "source_node, destination_node";

type Side = "source" | "destination";
const otherSide = { source: "destination", destination: "source" } as const;
const peersOf = { source: recorded.rowPeers, destination: recorded.columnPeers } as const;
const openPeersOf = { source: steps.openRow, destination: steps.openColumn } as const;

/**
 * The rules of every step and cause, to be evaluated in this order after the measurements. What
 * reads all pairs does it once and records a count: bad pairs are few, and the rest works on them.
 */
export function causeRules({ loss }: Thresholds): RuleGroup["rules"] {
  return [
    { record: steps.badPair, expr: `${nodePairLoss} > ${loss}` },
    { record: steps.rowBadEverywhere, expr: badEverywhere("source") },
    { record: steps.columnBadEverywhere, expr: badEverywhere("destination") },
    { record: steps.meshBad, expr: meshBad() },
    { record: steps.openRow, expr: openPeers("source") },
    { record: steps.openColumn, expr: openPeers("destination") },
    { record: steps.zonePairBad, expr: zonePairBad() },
    { record: steps.badZonePair, expr: badZonePair() },
    { record: steps.badRow, expr: badLine("source", steps.rowBadEverywhere) },
    { record: steps.badColumn, expr: badLine("destination", steps.columnBadEverywhere) },
    { record: steps.badLink, expr: badLink(loss) },
    { record: steps.columnLoss, expr: medianLoss("destination", steps.badColumn) },
    ...causes(),
  ];
}

/** Rows (or columns) that lose to at least nine in ten peers, and to most in each single zone. */
function badEverywhere(side: Side): string {
  const name = `${side}_node`;
  const byZone = `${name}, ${otherSide[side]}_zone`;
  const peers = `sum by (${name}) (${peersOf[side]})`;
  const peersByZone = `sum by (${byZone}) (${peersOf[side]})`;
  const badZones = `(count by (${byZone}) (${steps.badPair}) / ${peersByZone} > 0.5)`;
  return `count by (${name}) (${steps.badPair}) / ${peers} >= 0.9 ` +
    `and on (${name}) (${peers} >= 2) ` +
    `unless on (${name}) (${peersByZone} unless on (${byZone}) ${badZones})`;
}

/**
 * Where nearly every node is bad everywhere, the node is not what is at fault. At least three rows
 * are needed to say so.
 */
function meshBad(): string {
  const share = (bad: string, side: Side) =>
    `count(${bad}) / count(count by (${side}_node) (${peersOf[side]})) > 2 / 3`;
  return `(${share(steps.rowBadEverywhere, "source")} ` +
    `or ${share(steps.columnBadEverywhere, "destination")}) ` +
    `and (count(count by (source_node) (${recorded.rowPeers})) >= 3)`;
}

/** The pairs of the vector that no row or column bad everywhere explains. */
function open(pairs: string): string {
  const blamed = (step: string) => `(${step} unless on () ${steps.meshBad})`;
  return `(${pairs} unless on (source_node) ${blamed(steps.rowBadEverywhere)} ` +
    `unless on (destination_node) ${blamed(steps.columnBadEverywhere)})`;
}

function openPeers(side: Side): string {
  return `count by (${side}_node, ${zonesOfPair}) (${open(nodePairLoss)})`;
}

function zonePairBad(): string {
  return `count by (${zonesOfPair}) (${open(steps.badPair)}) ` +
    `/ sum by (${zonesOfPair}) (${steps.openRow})`;
}

/** Its value is the mean loss. Fewer than three pairs are links, not a zone pair. */
function badZonePair(): string {
  const bad = `(${steps.zonePairBad} > 0.5)`;
  const pairs = `sum by (${zonesOfPair}) (${steps.openRow})`;
  const measuredBack = exchange(pairs, "source_zone", "destination_zone");
  const badBack = exchange(bad, "source_zone", "destination_zone");
  return `sum by (${zonesOfPair}) (${open(steps.badPair)}) / ${pairs} ` +
    `and on (${zonesOfPair}) ${bad} and on (${zonesOfPair}) (${pairs} >= 3) ` +
    `unless on (${zonesOfPair}) (${measuredBack} unless on (${zonesOfPair}) ${badBack})`;
}

/** Step 3: rows or columns most of whose remaining pairs are bad, and those of step 1. */
function badLine(side: Side, everywhere: string): string {
  const name = `${side}_node`;
  const unexplained = (vector: string) =>
    `(${vector} unless on (${zonesOfPair}) ${steps.badZonePair})`;
  const peers = `sum by (${name}) ${unexplained(openPeersOf[side])}`;
  return `(${everywhere} unless on () ${steps.meshBad}) ` +
    `or (count by (${name}) ${unexplained(open(steps.badPair))} / ${peers} > 0.5 ` +
    `and on (${name}) (${peers} >= 2))`;
}

/**
 * Step 5, as (destination, source): each bad pair is turned round, and dropped where the way back
 * is good.
 */
function badLink(loss: string): string {
  const pairs = `max by (${nodesOfPair}) (${steps.badPair} ` +
    `unless on (source_node) ${steps.badRow} unless on (destination_node) ${steps.badColumn} ` +
    `unless on (${zonesOfPair}) ${steps.badZonePair})`;
  return `${exchange(pairs, "source_node", "destination_node")} ` +
    `unless on (${nodesOfPair}) (${nodePairLoss} <= ${loss})`;
}

function medianLoss(side: Side, lines: string): string {
  const name = `${side}_node`;
  return `quantile by (${name}) (0.5, ${nodePairLoss} and on (${name}) ${lines})`;
}

function causes(): readonly RecordingRule[] {
  const column = named("destination_node", steps.badColumn);
  const row = named("source_node", steps.badRow);
  const rowWell = `(${named("source_node", recorded.rowPeers)} unless on (node) ${row})`;
  const columnLoss = named("destination_node", steps.columnLoss);
  return [
    cause("node", `${columnLoss} unless on (node) ${rowWell}`),
    cause("destination", `${columnLoss} and on (node) ${rowWell}`),
    cause(
      "source",
      `${named("source_node", `(${medianLoss("source", steps.badRow)})`)} ` +
        `and on (node) ${named("destination_node", recorded.columnPeers)} ` +
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
  return `max by (node) (${rename(`max by (${label}) (${vector})`, label, "node")})`;
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
  const zones = `max by (source_node, source_zone) (${recorded.rowPeers})`;
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
