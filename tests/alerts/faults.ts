/** The faults that a cluster can make, in their order. @module */

import { agentFaults, listFaults, noAgentAnywhere } from "./agent_faults.ts";
import type { Fault, Place } from "./fault.ts";
import { pathMtuFaults } from "./mtu_faults.ts";
import {
  filterFaults,
  halfOfPairsApart,
  lateReplies,
  linkFaults,
  shortCut,
  shortOutage,
  zonesApart,
} from "./network_faults.ts";

/** Two causes at once must leave most of the mesh well, and a path has five bad pairs of two zones. */
export const fewestNodes = 8;

/** Faults of one lane come one after the other; lanes run side by side, on nodes of their own. */
export type Lanes = Readonly<Record<string, readonly Fault[]>>;

/**
 * All faults, in phases: where packets are lost, a short burst is that fault's, and without agents
 * nothing else is seen.
 */
export function phases(place: Place): readonly Lanes[] {
  const [dead, lossy, silent, filtered, stray, cutOff, lonely] = place.nodes as [
    ...[string, string, string, string, string, string, string],
  ];
  return [
    {
      agents: agentFaults(place, lonely),
      lists: listFaults(place, stray, cutOff),
      bursts: [shortCut(dead, lossy), shortOutage(dead)],
      mtu: pathMtuFaults(silent, filtered),
    },
    { links: linkFaults(place.nodes, dead, lossy), filters: filterFaults(silent, filtered) },
    { zones: [halfOfPairsApart(place), zonesApart(place)], slow: [lateReplies(cutOff)] },
    { none: [noAgentAnywhere()] },
  ];
}
