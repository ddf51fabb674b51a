/** Queries of the selected nodes as a whole, from recording rules. @module */

import { families } from "../../src/metrics/families.ts";
import { recorded } from "../rules/measurements.ts";
import { selectedAgents, selectedPairs } from "./selection.ts";

const pairs = `{${selectedPairs}, destination_kind="node"}`;

/** Loss of everything that a node sends (or is sent), within the selection. */
export function lossBy(label: "source_node" | "destination_node"): string {
  return `clamp_min(1 - sum by (${label}) (${recorded.received}${pairs}) / ` +
    `(sum by (${label}) (${recorded.sent}${pairs}) > 0), 0)`;
}

/** Mean round-trip time, each pair counting the same. */
export function rttBy(label: "source_node" | "destination_node"): string {
  return `avg by (${label}) (${recorded.rtt}${pairs})`;
}

/** Pairs with loss bursts, by destination. */
export const burstsByDestination =
  `sum by (destination_node) (${recorded.bursts}{${selectedPairs}})`;

/** Loss between zones. */
export const lossByZones = `${recorded.zonePairLoss}{source_zone=~"$source_zone", ` +
  `destination_zone=~"$destination_zone"}`;

/** Round trips a second in each bucket of the distribution. */
export const distribution = `sum by (le) (max by (source_node, destination_zone, le) (` +
  `rate(${families.rttDistribution.name}_bucket{${selectedAgents}}[$__rate_interval])))`;
