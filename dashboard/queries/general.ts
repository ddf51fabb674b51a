/** Queries of the selected nodes as a whole, from recording rules. @module */

import { recorded } from "../promql.ts";
import { selectedAgents, selectedCluster, selectedPairs, variable } from "./selection.ts";
import { families } from "../../src/metrics/families.ts";

const sources =
  `{${selectedCluster}, source_node=~"$${variable.source}", source_zone=~"$${variable.sourceZone}"}`;
const destinations = `{${selectedCluster}, destination_node=~"$${variable.destination}", ` +
  `destination_zone=~"$${variable.destinationZone}"}`;

/** Loss of all probes that each selected source sends. */
export const lossBySource = `${recorded.sourceLoss}${sources}`;

/** Loss of all probes to each selected destination. */
export const lossByDestination = `${recorded.destinationLoss}${destinations}`;

/** Mean round-trip time from each selected source, each pair counting the same. */
export const rttBySource = `${recorded.sourceRtt}${sources}`;

/** Mean round-trip time to each selected destination. */
export const rttByDestination = `${recorded.destinationRttMean}${destinations}`;

/** Loss bursts between the selected nodes, by destination. */
export const burstsByDestination =
  `sum by (destination_node) (${recorded.bursts}{${selectedPairs}})`;

/** Loss between zones. */
export const lossByZones =
  `${recorded.zonePairLoss}{${selectedCluster}, source_zone=~"$source_zone", ` +
  `destination_zone=~"$destination_zone"}`;

/** Round trips a second in each bucket of the distribution. */
export const distribution = `sum by (le) (max by (source_node, destination_zone, le) (` +
  `rate(${families.rttDistribution.name}_bucket{${selectedAgents}}[$__rate_interval])))`;
