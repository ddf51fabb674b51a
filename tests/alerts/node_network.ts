/** What is done in the network of one node. @module */

import { faultCommand, kubectl, makeFault } from "../e2e/cluster.ts";
import type { Inside } from "../network/namespace.ts";

/** The address at which agents probe the node. */
export async function addressOf(node: string): Promise<string> {
  const path = "jsonpath={.status.addresses[?(@.type=='InternalIP')].address}";
  return (await kubectl("get", "node", node, "-o", path)).trim();
}

/** The node as the tool that makes faults calls it. */
export function numberOf(node: string): string {
  return node.replace(/^node-/, "");
}

/** Runs a command in the node's network. */
export function onNode(node: string, ...command: readonly string[]): Promise<string> {
  return makeFault("on-node", numberOf(node), ...command);
}

/** The node's network, for what runs there for a while. */
export function networkOf(node: string): Inside {
  return {
    inside: (...command) => faultCommand("on-node", numberOf(node), ...command),
    run: (...command) => onNode(node, ...command),
  };
}

/** Drops what the node itself sends, or what is sent to it. */
export function filter(node: string, what: string, hook = "output"): Promise<string> {
  return onNode(node, "nft", table("nodeping-e2e", hook, what));
}

/** Takes {@linkcode filter} back. */
export function unfilter(node: string): Promise<string> {
  return onNode(node, "nft", "delete table inet nodeping-e2e");
}

/** The nft command for a table that drops what matches at a hook. */
export function table(name: string, hook: string, what: string): string {
  return `add table inet ${name}; ` +
    `add chain inet ${name} faults { type filter hook ${hook} priority 0; }; ` +
    `add rule inet ${name} faults ${what} drop`;
}
