/** Paths that full-size packets do not fit. @module */

import type { Fault } from "./fault.ts";
import { addressOf, onNode, table } from "./node_network.ts";

/** What fits the paths of these faults; the cluster's interfaces have 1,500 bytes. */
const smallerBytes = 1400;

/** A black hole is measured within three intervals of 10 s, the chart's own, and a search of 10 s. */
const measuredSeconds = 40;

/** A node's interface that is smaller than the others', a filter between two nodes, a smaller route. */
export function pathMtuFaults(small: string, other: string): readonly Fault[] {
  return [
    {
      name: `${small}'s interface has ${smallerBytes} bytes`,
      alerts: [{ key: "pathMtuBlackHole", nodes: [small] }],
      measuredSeconds,
      make: () => setInterfaceMtu(small, smallerBytes),
      mend: () => setInterfaceMtu(small, 1500),
    },
    {
      name: `More than ${smallerBytes} bytes vanish between ${small} and ${other}`,
      alerts: [{ key: "pathMtuBlackHole", nodes: [small, other] }],
      measuredSeconds,
      make: () => dropLongPackets(small, other, smallerBytes),
      mend: () => passLongPackets(small),
    },
    {
      name: `${other}'s route has ${smallerBytes} bytes`,
      alerts: [{ key: "pathMtuSmall", nodes: [other] }],
      measuredSeconds,
      make: () => setRouteMtu(other, smallerBytes),
      mend: () => setRouteMtu(other, undefined),
    },
  ];
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
async function setRouteMtu(node: string, bytes: number | undefined): Promise<unknown> {
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
