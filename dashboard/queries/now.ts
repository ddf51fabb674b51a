/** Queries of the row "Now": they read recording rules, whatever the number of nodes. @module */

import { freshAgents, recorded, rename } from "../promql.ts";
import { selectedCluster, selectedPairs } from "./selection.ts";
import { causeSeries } from "../rules/causes.ts";
import { defaultThresholds } from "../rules/rule.ts";
import { families } from "../../src/metrics/families.ts";

/** Nodes above which the matrices show zones. */
export const matrixNodes = 60;

/** How many causes of the kind there are; 0 where the rules find none. */
export function causeCount(kind: string): string {
  return `count(${causeSeries}{${selectedCluster}, kind="${kind}"}) or vector(0)`;
}

/** Every cause with its loss; that of a path MTU black hole is 0. */
export const causes =
  `max by (kind, node, peer, zone, peer_zone) (${causeSeries}{${selectedCluster}})`;

/** Start of each alert that is pending or firing, in Unix milliseconds. */
export const alertsSince =
  `max by (alertname, node, peer, zone, peer_zone) (ALERTS_FOR_STATE{${selectedCluster}, alertname=~"NodePing.*"}) * 1000`;

/** The pairs that lose most. */
export const worstPairs = `topk(20, max by (source_node, destination_node, destination_address) (` +
  `${recorded.loss}{${selectedPairs}, destination_kind="node"} > 0))`;

const bySource = (name: string) => `max by (source_node) (${name}{${selectedCluster}})`;
const stale = defaultThresholds.staleSeconds;

/** Agents that wrote of late. */
export const freshAgentCount = `count(${freshAgents(stale, selectedCluster)}) or vector(0)`;

/** Agents that run, but cannot measure. */
export const notMeasuringCount = `count(${
  bySource(families.agentMeasuring.name)
} == 0) or vector(0)`;

/** Nodes that are probed, but from which no agent reported of late. */
export const missingAgentCount = `count(max by (node) (` +
  rename(
    `sum by (destination_node) (${recorded.columnPeers}{${selectedCluster}})`,
    "destination_node",
    "node",
  ) +
  `) unless on (node) ${
    rename(`(${freshAgents(stale, selectedCluster)})`, "source_node", "node")
  }) or vector(0)`;

/** Node lists applied beyond the one that all agents should have. */
export const otherConfigCount = `clamp_min(count(count by (hash) (` +
  `${families.agentConfigInfo.name}{${selectedCluster}})) - 1, 0) or vector(0)`;

/** Agents whose own node is not in the node list. */
export const notInListCount = `count(${bySource(families.agentInNodeList.name)} == 0) or vector(0)`;

const pairs = `${recorded.nodePairLoss}{${selectedPairs}}`;
const rtts = `max by (source_node, destination_node) (` +
  `${recorded.rtt}{${selectedPairs}, destination_kind="node"})`;

/** Whether few nodes are selected, as a vector that is empty when they are not. */
export const fewSelected = `(${selectedCount("source", recorded.rowPeers)} <= ${matrixNodes} ` +
  `and ${selectedCount("destination", recorded.columnPeers)} <= ${matrixNodes})`;

function selectedCount(side: string, peers: string): string {
  const selected = `${selectedCluster}, ${side}_node=~"$${side}", ${side}_zone=~"$${side}_zone"`;
  return `count(count by (${side}_node) (${peers}{${selected}}))`;
}

function matrix(ofNodes: string, ofZones: string): string {
  const zones =
    `${selectedCluster}, source_zone=~"$source_zone", destination_zone=~"$destination_zone"`;
  const zoneAsNode = (vector: string, side: string) =>
    `label_replace(label_replace(${vector}, "${side}_node", "$1", "${side}_zone", "(.*)"), ` +
    `"${side}_node", "no zone", "${side}_zone", "")`;
  return `(${ofNodes} and on () ${fewSelected}) or max by (source_node, destination_node) (` +
    `${zoneAsNode(zoneAsNode(`${ofZones}{${zones}}`, "source"), "destination")} ` +
    `unless on () ${fewSelected})`;
}

/** Loss from each source to each destination; between zones where there are many nodes. */
export const lossMatrix = matrix(pairs, recorded.zonePairLoss);

/** Mean round-trip time in the same form; nothing for dead pairs. */
export const rttMatrix = matrix(rtts, recorded.zonePairRtt);
