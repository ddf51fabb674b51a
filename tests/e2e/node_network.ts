/** What is done in the network of one node. @module */

import { faultCommand, kubectl, makeFault } from "./cluster.ts";
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

/** Sets the interface's MTU: longer packets to it vanish, as on a port of a switch. */
export async function setInterfaceMtu(node: string, bytes: number): Promise<unknown> {
  const { dev } = await connectedRoute(node);
  return await onNode(node, "ip", "link", "set", dev, "mtu", String(bytes));
}

/** From now on longer packets from one node to another vanish, and with them the replies. */
export async function dropLongPackets(to: string, from: string, bytes: number): Promise<unknown> {
  const long = `ip saddr ${await addressOf(from)} meta length > ${bytes}`;
  return await onNode(to, "nft", table("nodeping-mtu", "prerouting", long));
}

/** Takes {@linkcode dropLongPackets} back. */
export async function passLongPackets(to: string): Promise<unknown> {
  return await onNode(to, "nft", "delete table inet nodeping-mtu");
}

/** The node's kernel sends no larger packets, as where a router has told it so. */
export async function setRouteMtu(node: string, bytes: number | undefined): Promise<unknown> {
  const { dst, dev, prefsrc } = await connectedRoute(node);
  const route = [dst, "dev", dev, "proto", "kernel", "scope", "link", "src", prefsrc];
  const limit = bytes === undefined ? [] : ["mtu", String(bytes)];
  return await onNode(node, "ip", "route", "change", ...route, ...limit);
}

interface ConnectedRoute {
  readonly dst: string;
  readonly dev: string;
  readonly prefsrc: string;
}

/** The route to the network of the node's own address. */
async function connectedRoute(node: string): Promise<ConnectedRoute> {
  const address = await addressOf(node);
  const text = await onNode(node, "ip", "-json", "-4", "route", "show", "proto", "kernel");
  const route = (JSON.parse(text) as ConnectedRoute[]).find(({ prefsrc }) => prefsrc === address);
  if (route === undefined) throw new Error(`${node} has no route with the source ${address}`);
  return route;
}
