/**
 * "Who is to blame" in PromQL: the matrix of losses becomes the fewest causes that explain it.
 *
 * 1. A pair is bad above the threshold and what nearly all pairs lose, if it still loses. A row
 *    (source) or column (destination) that is bad towards nearly all its peers, in every zone, is
 *    bad everywhere: no zone pair can explain it. What nearly all pairs lose is one cause.
 * 2. Among the pairs that are left: where some between two zones are bad while others lose nothing,
 *    a path is; else a zone pair is bad when most of its pairs are, both ways, or nearly all of one.
 * 3. Among the pairs that are left, a row or column is bad when most of it is and little is well.
 * 4. Column and row: node. Row alone: source. Column alone: destination. A missing row agrees.
 * 5. A bad pair that none of these explains, and whose way back is bad or unknown, is a link.
 *
 * @module
 */

import { clusterLabel, exchange, recorded, rename } from "../promql.ts";
import type { RecordingRule, RuleGroup, Thresholds } from "./rule.ts";
import { families } from "../../src/metrics/families.ts";

/**
 * The series of causes: its value is the loss, its label `kind` one of the kinds of verdicts. A path
 * MTU black hole (path_mtu.ts) loses no small probe: its loss is 0.
 */
export const causeSeries = "nodeping:cause:loss_ratio";

/** The loss of all pairs, where nearly all lose. */
export const meshLossSeries = "nodeping:mesh_bad:loss_ratio";

/** The mean loss from one zone to another, where that is a cause; each way for itself. */
export const badZonePairSeries = "zonepair:nodeping_bad:loss_ratio";

/** Names of the steps on the way to the causes. */
const steps = {
  commonLoss: "nodeping:common_loss:ratio",
  badPair: "nodepair:nodeping_bad:loss_ratio",
  wellRow: "source:nodeping_well_peers:count",
  wellColumn: "destination:nodeping_well_peers:count",
  rowBadEverywhere: "source:nodeping_bad_everywhere:ratio",
  columnBadEverywhere: "destination:nodeping_bad_everywhere:ratio",
  meshBad: "nodeping:mesh_bad:ratio",
  openRow: "source:nodeping_open_peers:count",
  openColumn: "destination:nodeping_open_peers:count",
  zonePairBad: "zonepair:nodeping_bad_pairs:ratio",
  badPath: "zonepair:nodeping_bad_path:loss_ratio",
  badRow: "source:nodeping_bad:ratio",
  badColumn: "destination:nodeping_bad:ratio",
  columnLoss: "destination:nodeping_bad:loss_ratio",
  badLink: "nodepair:nodeping_bad_link:loss_ratio",
} as const;

/** The number of each agent's node, by which two nodes are put in order. */
export const agentsOrder =
  `max by (${clusterLabel}, source_node) (${families.agentNodeOrder.name})`;

const { nodePairLoss } = recorded;
const zonesOfPair = "source_zone, destination_zone";
const nodesOfPair = "source_node, destination_node";

type Side = "source" | "destination";
const otherSide = { source: "destination", destination: "source" } as const;
const peersOf = { source: recorded.rowPeers, destination: recorded.columnPeers } as const;
const openPeersOf = { source: steps.openRow, destination: steps.openColumn } as const;
const wellPeersOf = { source: steps.wellRow, destination: steps.wellColumn } as const;

/** Nearly all pairs lose at least this quantile of the losses. */
const commonQuantile = 0.1;

/** By chance, pairs of an even loss lose up to so many times that quantile, above the threshold. */
const commonFactor = 2.5;

/** A row or column with more than this share of well pairs is not at fault itself. */
const maxWellShare = 0.25;

/** A path is bad where so many of the pairs are bad, and so many are well. */
const pathShares = { bad: 0.1, well: 0.15, pairs: 5 } as const;

/**
 * The rules of every step and cause, to be evaluated in this order after the measurements. What
 * reads all pairs does it once and records a count: bad pairs are few, and the rest works on them.
 */
export function causeRules({ loss }: Thresholds): RuleGroup["rules"] {
  return [
    { record: steps.commonLoss, expr: commonLoss() },
    { record: steps.badPair, expr: badPair(loss) },
    { record: steps.wellRow, expr: wellPeers("source", loss) },
    { record: steps.wellColumn, expr: wellPeers("destination", loss) },
    { record: steps.rowBadEverywhere, expr: badEverywhere("source") },
    { record: steps.columnBadEverywhere, expr: badEverywhere("destination") },
    { record: steps.meshBad, expr: meshBad() },
    { record: meshLossSeries, expr: meshLoss(loss) },
    { record: steps.openRow, expr: openPeers("source") },
    { record: steps.openColumn, expr: openPeers("destination") },
    { record: steps.zonePairBad, expr: zonePairBad() },
    { record: steps.badPath, expr: badPath(loss) },
    { record: badZonePairSeries, expr: badZonePair() },
    { record: steps.badRow, expr: badLine("source", steps.rowBadEverywhere) },
    { record: steps.badColumn, expr: badLine("destination", steps.columnBadEverywhere) },
    { record: steps.badLink, expr: badLink(loss) },
    { record: steps.columnLoss, expr: medianLoss("destination", steps.badColumn) },
    ...causes(),
  ];
}

/** What nearly all pairs lose; of fewer than three sources nobody can say. */
function commonLoss(): string {
  return `quantile by (${clusterLabel}) (${commonQuantile}, ${nodePairLoss}) ` +
    `and on (${clusterLabel}) (${sources()} >= 3)`;
}

function sources(): string {
  return `count by (${clusterLabel}) ` +
    `(count by (${clusterLabel}, source_node) (${recorded.rowPeers}))`;
}

/** What all lose is no pair's own; and a pair that lost nothing lately is well again. */
function badPair(loss: string): string {
  return `(${nodePairLoss} > ${loss}) and on (${clusterLabel}, ${nodesOfPair}) ` +
    `${recorded.lostLately} unless on (${clusterLabel}, ${nodesOfPair}) (${nodePairLoss} <= ` +
    `on (${clusterLabel}) group_left () (${loss} + ${commonFactor} * ${steps.commonLoss}))`;
}

/** Pairs that lose less than half of the threshold, and nothing more than all do. */
function wellPeers(side: Side, loss: string): string {
  return `count by (${clusterLabel}, ${side}_node) (${nodePairLoss} <= 0.5 * ${loss})`;
}

/** The loss of all pairs, where nearly all lose and most have lost lately. */
function meshLoss(loss: string): string {
  const lately = `count by (${clusterLabel}) (${recorded.lostLately}) ` +
    `/ count by (${clusterLabel}) (${nodePairLoss}) > 0.5`;
  return `quantile by (${clusterLabel}) (0.5, ${nodePairLoss}) ` +
    `and on (${clusterLabel}) (${steps.commonLoss} > 0.5 * ${loss}) ` +
    `and on (${clusterLabel}) (${lately})`;
}

/**
 * Where a part of the pairs between two zones is bad while others lose nothing, and neither a few
 * links nor rows or columns explain which. Its value is the mean loss of the bad pairs.
 */
function badPath(loss: string): string {
  const mostlyBad = (side: Side) => {
    const name = `${clusterLabel}, ${side}_node`;
    const peers = `sum by (${name}) (${peersOf[side]})`;
    return `(count by (${name}) (${steps.badPair}) / ${peers} > 0.5 ` +
      `unless on (${name}) (${wellPeersOf[side]} / ${peers} > ${maxWellShare}))`;
  };
  const bad = `(${open(steps.badPair)} unless on (${clusterLabel}, source_node) ` +
    `${mostlyBad("source")} unless on (${clusterLabel}, destination_node) ` +
    `${mostlyBad("destination")})`;
  const zones = `${clusterLabel}, ${zonesOfPair}`;
  const count = (vector: string) => `count by (${zones}) (${vector})`;
  const pairs = `sum by (${zones}) (${steps.openRow})`;
  const well = count(open(`(${nodePairLoss} <= 0.5 * ${loss})`));
  const ends = (side: Side) => `${count(`count by (${zones}, ${side}_node) (${bad})`)} >= 2`;
  return `avg by (${zones}) (${bad}) ` +
    `and on (${zones}) (${count(bad)} >= ${pathShares.pairs}) ` +
    `and on (${zones}) (${count(bad)} / ${pairs} >= ${pathShares.bad}) ` +
    `and on (${zones}) (${well} / ${pairs} >= ${pathShares.well}) ` +
    `and on (${zones}) (${ends("source")}) and on (${zones}) (${ends("destination")})`;
}

/** Rows (or columns) that lose to at least nine in ten peers, and to most in each single zone. */
function badEverywhere(side: Side): string {
  const name = `${side}_node`;
  const byZone = `${name}, ${otherSide[side]}_zone`;
  const peers = `sum by (${clusterLabel}, ${name}) (${peersOf[side]})`;
  const peersByZone = `sum by (${clusterLabel}, ${byZone}) (${peersOf[side]})`;
  const badZones =
    `(count by (${clusterLabel}, ${byZone}) (${steps.badPair}) / ${peersByZone} > 0.5)`;
  return `count by (${clusterLabel}, ${name}) (${steps.badPair}) / ${peers} >= 0.9 ` +
    `and on (${clusterLabel}, ${name}) (${peers} >= 2) ` +
    `unless on (${clusterLabel}, ${name}) (${peersByZone} unless on (${clusterLabel}, ${byZone}) ${badZones})`;
}

/**
 * Where nearly every node is bad everywhere, the node is not what is at fault. At least three rows
 * are needed to say so.
 */
function meshBad(): string {
  const share = (bad: string, side: Side) =>
    `count by (${clusterLabel}) (${bad}) / count by (${clusterLabel}) ` +
    `(count by (${clusterLabel}, ${side}_node) (${peersOf[side]})) > 2 / 3`;
  return `(${share(steps.rowBadEverywhere, "source")} ` +
    `or ${share(steps.columnBadEverywhere, "destination")}) ` +
    `and on (${clusterLabel}) (${sources()} >= 3)`;
}

/** The pairs of the vector that no row or column bad everywhere explains. */
function open(pairs: string): string {
  const blamed = (step: string) => `(${step} unless on (${clusterLabel}) ${steps.meshBad})`;
  return `(${pairs} unless on (${clusterLabel}, source_node) ${blamed(steps.rowBadEverywhere)} ` +
    `unless on (${clusterLabel}, destination_node) ${blamed(steps.columnBadEverywhere)})`;
}

function openPeers(side: Side): string {
  return `count by (${clusterLabel}, ${side}_node, ${zonesOfPair}) (${open(nodePairLoss)})`;
}

function zonePairBad(): string {
  return `count by (${clusterLabel}, ${zonesOfPair}) (${open(steps.badPair)}) ` +
    `/ sum by (${clusterLabel}, ${zonesOfPair}) (${steps.openRow})`;
}

/**
 * Its value is the mean loss. Fewer than three pairs are links, not a zone pair. One direction is
 * enough where nearly all of its five pairs or more lose, and no source or destination explains it.
 */
function badZonePair(): string {
  const zones = `${clusterLabel}, ${zonesOfPair}`;
  const bad = `(${steps.zonePairBad} > 0.5 unless on (${clusterLabel}) ${meshLossSeries} ` +
    `unless on (${zones}) ${steps.badPath})`;
  const pairs = `sum by (${zones}) (${steps.openRow})`;
  const ends = (side: Side) =>
    `count by (${zones}) (count by (${zones}, ${side}_node) (${open(steps.badPair)})) >= 2`;
  const badAlone = `(${steps.zonePairBad} >= 0.9 and on (${zones}) (${ends("source")}) ` +
    `and on (${zones}) (${
      ends("destination")
    }) and on (${zones}) (${pairs} >= ${pathShares.pairs}))`;
  const measuredBack = exchange(pairs, "source_zone", "destination_zone");
  const badBack = exchange(bad, "source_zone", "destination_zone");
  return `sum by (${zones}) (${open(steps.badPair)}) / ${pairs} ` +
    `and on (${zones}) ${bad} and on (${zones}) (${pairs} >= 3) ` +
    `unless on (${zones}) (${measuredBack} unless on (${zones}) ${badBack} ` +
    `unless on (${zones}) ${badAlone})`;
}

/** Step 3: rows or columns most of whose remaining pairs are bad, and those of step 1. */
function badLine(side: Side, everywhere: string): string {
  const name = `${side}_node`;
  const unexplained = (vector: string) =>
    `(${vector} unless on (${clusterLabel}, ${zonesOfPair}) ${badZonePairSeries} ` +
    `unless on (${clusterLabel}, ${zonesOfPair}) ${steps.badPath})`;
  const peers = `sum by (${clusterLabel}, ${name}) ${unexplained(openPeersOf[side])}`;
  return `(${everywhere} unless on (${clusterLabel}) ${steps.meshBad}) ` +
    `or (count by (${clusterLabel}, ${name}) ${
      unexplained(open(steps.badPair))
    } / ${peers} > 0.5 ` +
    `and on (${clusterLabel}, ${name}) (${peers} >= 2) ` +
    `unless on (${clusterLabel}, ${name}) (${wellPeersOf[side]} / ` +
    `sum by (${clusterLabel}, ${name}) (${peersOf[side]}) > ${maxWellShare}))`;
}

/**
 * Step 5, as (destination, source): each bad pair is turned round, and dropped where the way back
 * is good.
 */
function badLink(loss: string): string {
  const pairs = `max by (${clusterLabel}, ${nodesOfPair}) (${steps.badPair} ` +
    `unless on (${clusterLabel}, source_node) ${steps.badRow} unless on (${clusterLabel}, destination_node) ${steps.badColumn} ` +
    `unless on (${clusterLabel}, ${zonesOfPair}) ${badZonePairSeries} ` +
    `unless on (${clusterLabel}, ${zonesOfPair}) ${steps.badPath})`;
  return `${exchange(pairs, "source_node", "destination_node")} ` +
    `unless on (${clusterLabel}, ${nodesOfPair}) (${nodePairLoss} <= ${loss})`;
}

function medianLoss(side: Side, lines: string): string {
  const name = `${side}_node`;
  return `quantile by (${clusterLabel}, ${name}) (0.5, ${nodePairLoss} and on (${clusterLabel}, ${name}) ${lines})`;
}

function causes(): readonly RecordingRule[] {
  const column = named("destination_node", steps.badColumn);
  const row = named("source_node", steps.badRow);
  const rowWell = `(${
    named("source_node", recorded.rowPeers)
  } unless on (${clusterLabel}, node) ${row})`;
  const columnLoss = named("destination_node", steps.columnLoss);
  return [
    cause("node", stays(`${columnLoss} unless on (${clusterLabel}, node) ${rowWell}`)),
    cause("destination", stays(`${columnLoss} and on (${clusterLabel}, node) ${rowWell}`)),
    cause(
      "source",
      `${named("source_node", `(${medianLoss("source", steps.badRow)})`)} ` +
        `and on (${clusterLabel}, node) ${named("destination_node", recorded.columnPeers)} ` +
        `unless on (${clusterLabel}, node) ${column}`,
    ),
    cause("link", linkCause()),
    cause("zone-pair", `${zonePairCause(badZonePairSeries)} or ${meshLossSeries}`),
    cause("path", zonePairCause(steps.badPath)),
  ];
}

/** A node that has left the cluster but not the list is no fault. */
function stays(causes: string): string {
  return `(${causes}) unless on (${clusterLabel}, node) ${recorded.stale}`;
}

function cause(kind: string, expr: string): RecordingRule {
  return { record: causeSeries, expr, labels: { kind } };
}

/** The vector with nothing but the label `node`. */
function named(label: string, vector: string): string {
  return `max by (${clusterLabel}, node) (${
    rename(`max by (${clusterLabel}, ${label}) (${vector})`, label, "node")
  })`;
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
  const link = `(${steps.badLink} unless on (${clusterLabel}, ${nodesOfPair}) ${second})`;
  return `max by (${clusterLabel}, node, peer) (${
    rename(rename(link, "source_node", "node"), "destination_node", "peer")
  })`;
}

/** A zone's place in the order is that of its first node. */
function zonePairCause(vector: string): string {
  const zones = `max by (${clusterLabel}, source_node, source_zone) (${recorded.rowPeers})`;
  const order =
    `min by (${clusterLabel}, source_zone) (${zones} * 0 + on (${clusterLabel}, source_node) group_left () ` +
    `${agentsOrder})`;
  const second = secondOfTwo(
    vector,
    zonesOfPair,
    "source_zone",
    "destination_zone",
    order,
  );
  const pair = `(${vector} unless on (${clusterLabel}, ${zonesOfPair}) ${second})`;
  return `max by (${clusterLabel}, zone, peer_zone) (${
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
  const bothWays = `(${vector} and on (${clusterLabel}, ${labels}) ${
    exchange(vector, source, destination)
  })`;
  const orderOf = (label: string, vectorOfOrder: string) =>
    `(${bothWays} * 0 + on (${clusterLabel}, ${label}) group_left () ${vectorOfOrder})`;
  return `(${orderOf(source, order)} > ` +
    `${
      orderOf(
        destination,
        `max by (${clusterLabel}, ${destination}) (${rename(order, source, destination)})`,
      )
    })`;
}
