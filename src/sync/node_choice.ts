/** Which nodes are probed, at which of their addresses, and when the list must not be written. @module */

import type { ClusterNode } from "../kubernetes/nodes.ts";
import { isLabelText, isNodeName, parseAddress } from "../nodes/address.ts";
import type { Address } from "../nodes/address.ts";
import { nodeCount } from "../nodes/node_list.ts";
import type { NodeEntry } from "../nodes/node_list.ts";

/** Kinds of address in .status.addresses, in the order in which they are tried. */
export const addressTypes = ["InternalIP", "ExternalIP", "Hostname"] as const;
/** Values of --ip-family. */
export const ipFamilies = ["ipv4", "ipv6", "dual"] as const;

/** Which nodes are listed at which address; the chart's `lookup` follows the same rules. */
export interface NodeRules {
  /** Tried first; a node without it is probed at the next of {@linkcode addressTypes} it has. */
  readonly addressType: typeof addressTypes[number];
  /** dual: one address of each family. */
  readonly ipFamily: typeof ipFamilies[number];
  /** Keys of taints that keep a node out of the list, beside {@linkcode leavingTaints}. */
  readonly excludeTaints: readonly string[];
}

/**
 * Taints on a node that is about to go, or is switched off for good. What most often comes back
 * stays: a mere candidate (DeletionCandidateOfClusterAutoscaler,
 * aws-node-termination-handler/rebalance-recommendation), and a node that is rebooted or moved
 * (aws-node-termination-handler/scheduled-maintenance, remediator.kubernetes.azure.com/unschedulable
 * and the condition VMEventScheduled). So does the kubelet's "node is shutting down": each reboot says
 * it, and 40 s later the condition is Unknown, as on any node whose network is at fault.
 */
export const leavingTaints: readonly string[] = [
  "ToBeDeletedByClusterAutoscaler",
  // Karpenter from 1.0 on, and before it.
  "karpenter.sh/disrupted",
  "karpenter.sh/disruption",
  // The cloud says that the machine is shut down; an administrator says so.
  "node.cloudprovider.kubernetes.io/shutdown",
  "node.kubernetes.io/out-of-service",
  // Spot and preemptible machines, and those that a scaling group takes back.
  "cloud.google.com/impending-node-termination",
  "aws-node-termination-handler/spot-itn",
  "aws-node-termination-handler/asg-lifecycle-termination",
  "autoscaling.cast.ai/draining",
];

/** A node that is not in the list, and why. */
export interface LeftOutNode {
  /** metadata.name. */
  readonly name: string;
  /** For people, such as "it is being deleted". */
  readonly reason: string;
  /** True where nobody asked for it: the node has no address to probe. */
  readonly isProblem: boolean;
}

/** The node list that the cluster calls for. */
export interface ChosenNodes {
  /** Sorted by name; the addresses of one node stand together. */
  readonly entries: readonly NodeEntry[];
  /** Sorted by name. */
  readonly leftOut: readonly LeftOutNode[];
}

/**
 * The list that the rules make of the cluster's nodes, and who is left out of it. Of several
 * addresses that would do, the one in `current` stays: kubelets report them in any order.
 */
export function applyNodeRules(
  nodes: readonly ClusterNode[],
  rules: NodeRules,
  current: readonly NodeEntry[] = [],
): ChosenNodes {
  const entries: NodeEntry[] = [];
  const leftOut: LeftOutNode[] = [];
  const inUse = Map.groupBy(current, ({ name }) => name);
  const sorted = nodes.toSorted((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  for (const node of sorted) {
    const used = new Set(inUse.get(node.name)?.map(({ ipAddress }) => ipAddress));
    const addresses = chosenAddresses(node, rules, used);
    const reason = reasonAgainst(node, addresses, rules);
    if (reason === undefined) entries.push(...addresses.map((one) => entryOf(node, one)));
    else leftOut.push({ name: node.name, ...reason });
  }
  return { entries, leftOut };
}

/** Characters of what a node says of itself that a message repeats. */
const maxReason = 300;

function reasonAgainst(
  node: ClusterNode,
  addresses: readonly Address[],
  { ipFamily, excludeTaints }: NodeRules,
): { reason: string; isProblem: boolean } | undefined {
  const wanted = (reason: string) => ({ reason, isProblem: false });
  if (node.deleting) return wanted("it is being deleted");
  if (node.terminating) return wanted("its condition Terminating is True");
  const taint = node.taints.find((key) =>
    leavingTaints.includes(key) || excludeTaints.includes(key)
  );
  if (taint !== undefined) return wanted(`it carries the taint ${taint}`);
  if (node.excluded) return wanted("its annotation nodeping/exclude says so");
  if (!isNodeName(node.name)) return { reason: "its name is no node name", isProblem: true };
  if (addresses.length > 0) return undefined;
  const has = node.addresses.map(({ type, address }) => `${type} ${address || '""'}`).join(", ");
  // A kubelet can report a megabyte of them, again and again.
  const shown = has.length > maxReason ? `${has.slice(0, maxReason)}...` : has || "none";
  return {
    reason: `it has no address for ${ipFamily} that other nodes can probe (it has: ${shown})`,
    isProblem: true,
  };
}

function entryOf(node: ClusterNode, address: Address): NodeEntry {
  return {
    name: node.name,
    ipAddress: address.text,
    ...(node.zone !== undefined && isLabelText(node.zone) ? { zone: node.zone } : {}),
    ...(node.cordoned ? { cordoned: true } : {}),
  };
}

/** For each family one address of the first type that has any: the one in use, else the first. */
function chosenAddresses(
  node: ClusterNode,
  rules: NodeRules,
  inUse: ReadonlySet<string>,
): Address[] {
  const families = rules.ipFamily === "dual" ? ["ipv4", "ipv6"] as const : [rules.ipFamily];
  const order = [rules.addressType, ...addressTypes.filter((type) => type !== rules.addressType)];
  const usable = (type: string, family: "ipv4" | "ipv6"): Address[] =>
    node.addresses.filter((one) => one.type === type)
      .flatMap(({ address }) => parseAddress(address) ?? [])
      .filter((address) => isOfFamily(address, family));
  const chosen = families.flatMap((family) => {
    const candidates = order.map((type) => usable(type, family)).find(({ length }) => length > 0);
    const one = candidates?.find(({ text }) => inUse.has(text)) ?? candidates?.[0];
    return one === undefined ? [] : [one];
  });
  // A name, which is of any family, stands in where there is no IP address at all: a node without IPv6
  // must not get its Hostname as a second destination.
  const ipAddresses = chosen.filter(({ kind }) => kind === "ip");
  const all = ipAddresses.length > 0 ? ipAddresses : chosen;
  return [...new Map(all.map((address) => [address.text, address])).values()];
}

/** A host name is of any family: the agent finds out when it resolves it. */
function isOfFamily(address: Address, family: "ipv4" | "ipv6"): boolean {
  return address.kind === "host" || family === `ipv${address.family}`;
}

/**
 * Why the new list must not be written, or undefined when it may: it is empty, or smaller than the
 * current list by more than `maxShrink` percent. `setBy` is how the limit is raised: nobody can give
 * a flag to the sync in the cluster.
 */
export function shrinkRefusal(
  current: readonly NodeEntry[],
  { entries, leftOut }: ChosenNodes,
  maxShrink: number,
  setBy: "flag" | "value" = "flag",
): string | undefined {
  const [before, after] = [nodeCount(current), nodeCount(entries)];
  if (after === 0) {
    const first = leftOut.find(({ isProblem }) => isProblem) ?? leftOut[0];
    return "No node is left to probe: an empty list is never written; " +
      (first === undefined
        ? "check the selector and whether this is the right cluster"
        : `of ${leftOut.length} left out, "${first.name}" is because ${first.reason}`);
  }
  const percent = 100 * (before - after) / before;
  if (before === 0 || percent <= maxShrink) return undefined;
  const needed = Math.ceil(percent);
  return `The list would shrink from ${before} to ${after} nodes, by ${Math.round(percent)} %: ` +
    (setBy === "flag"
      ? `more than --max-shrink ${maxShrink}; if that is right, run once with --max-shrink ${needed}`
      : `more than nodePing.maxShrink ${maxShrink}; if that is right, set it to ${needed} for a while`);
}
