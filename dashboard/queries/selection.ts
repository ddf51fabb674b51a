/** What the dashboard's variables select. @module */

/** Names of the dashboard's variables. */
export const variable = {
  datasource: "datasource",
  source: "source",
  destination: "destination",
  sourceZone: "source_zone",
  destinationZone: "destination_zone",
  /** Hidden: the kind "node" while few nodes are selected, else nothing. */
  summarized: "summarized",
  /** Hidden: makes the name of a node's variable that of its zone's while the matrices show zones. */
  zoned: "zoned",
} as const;

const bySource =
  `source_node=~"$${variable.source}", source_zone=~"$${variable.sourceZone}"` as const;

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
export const selectedAgents = `source_node=~"$${variable.source}"`;
