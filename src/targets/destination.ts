/** Destinations: whom this node probes, in which order, and by which identity their totals live on. @module */

import type { NodeList } from "../nodes/node_list.ts";
import { chooseNodes } from "./peers.ts";
import type { MeshDegree } from "./peers.ts";

/** One address of a node, or an external target. */
export interface Destination {
  /** External targets are shown, never judged. */
  readonly kind: "node" | "external";
  /** Name of the node, or of the external target. */
  readonly name: string;
  /** As in the list: an IP address, or a host name that the agent resolves. */
  readonly address: string;
  /** Failure zone, where known. */
  readonly zone?: string;
  /** True for cordoned nodes alone. */
  readonly cordoned?: boolean;
  /** Of an external target: which addresses of its host name are taken; of any family when absent. */
  readonly ipFamily?: "ipv4" | "ipv6";
}

/** What a node list means for one node. */
export interface DestinationPlan {
  /** One for each name and address. */
  readonly destinations: readonly Destination[];
  /** The node's own entries: they are not destinations. */
  readonly ownAddresses: readonly string[];
  /** Failure zone of the agent's own node, where the list has it. */
  readonly ownZone?: string;
  /** How many nodes are probed, each at all of its addresses. */
  readonly meshDegree: number;
}

/**
 * The destinations of one node: the nodes that the mesh gives it, and all external targets, of
 * which one may share the node's name.
 */
export function planDestinations(
  list: NodeList,
  ownNode: string,
  degree: MeshDegree,
  fullMeshLimit?: number,
): DestinationPlan {
  const own = list.nodes.filter((node) => node.name === ownNode);
  const chosen = chooseNodes(list.nodes, ownNode, degree, fullMeshLimit);
  const nodes = list.nodes
    .filter((node) => chosen.has(node.name))
    .map(({ name, ipAddress, zone, cordoned }): Destination => ({
      kind: "node",
      name,
      address: ipAddress,
      ...(zone === undefined ? {} : { zone }),
      ...(cordoned === undefined ? {} : { cordoned }),
    }));
  const externals = list.externalTargets
    .map(({ name, host, ipFamily }): Destination => ({
      ...{ kind: "external", name, address: host },
      ...(ipFamily === undefined ? {} : { ipFamily }),
    }));
  const ownZone = own.find((node) => node.zone !== undefined)?.zone;
  return {
    destinations: [...nodes, ...externals],
    ownAddresses: own.map((node) => node.ipAddress),
    ...(ownZone === undefined ? {} : { ownZone }),
    meshDegree: chosen.size,
  };
}

/** The identity of a destination: a change of zone or cordon leaves it, a new address does not. */
export function identityOf(destination: Destination): string {
  return [destination.kind, destination.name, destination.address].join("\n");
}

/**
 * Shuffles without changing the input. Every node and every start of an agent has an order of its
 * own: with the order of the list, all nodes would probe the first one at the same moment.
 */
export function shuffled<T>(items: readonly T[], random: () => number = Math.random): readonly T[] {
  return items
    .map((item) => ({ item, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}
