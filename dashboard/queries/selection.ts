/** What the dashboard's variables select. @module */

import { clusterLabel } from "../promql.ts";

/** Names of the dashboard's variables. */
export const variable = {
  datasource: "datasource",
  /** Hidden: the name of the label that tells clusters apart, a value of the chart. */
  clusterLabel: "cluster_label",
  /** One cluster at a time; nothing where no series has the label. */
  cluster: "cluster",
  source: "source",
  destination: "destination",
  sourceZone: "source_zone",
  destinationZone: "destination_zone",
  /** Hidden: the kind "node" while few nodes are selected, else nothing. */
  summarized: "summarized",
  /** Hidden: makes the name of a node's variable that of its zone's while the matrices show zones. */
  zoned: "zoned",
} as const;

/** The matcher of the selected cluster, in any series. */
export const selectedCluster = `${clusterLabel}="$${variable.cluster}"` as const;

const bySource =
  `${selectedCluster}, source_node=~"$${variable.source}", source_zone=~"$${variable.sourceZone}"` as const;

/** Matchers of the selected pairs of nodes, in any series that has the labels of a pair. */
export const selectedPairs = `${bySource}, destination_node=~"$${variable.destination}", ` +
  `destination_zone=~"$${variable.destinationZone}"`;

/** The same, among raw series, which know external destinations as well. */
export const selectedRawPairs = `destination_kind="node", ${selectedPairs}`;

/** The same while few nodes are selected, else nothing: no raw counters of 40,000 pairs at once. */
export const selectedFewPairs = `destination_kind=~"$${variable.summarized}", ${selectedPairs}`;

/** Matchers of the external destinations of the selected sources. */
export const selectedExternal = `destination_kind="external", ${bySource}`;

/** Matchers of the agents of the selected sources; their series have no zone. */
export const selectedAgents = `${selectedCluster}, source_node=~"$${variable.source}"`;
