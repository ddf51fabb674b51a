/** What the benchmark stands on: targets that answer at once, and places to write. @module */

import type { ProbeSettings } from "../../src/fping/arguments.ts";
import { makeNamespace } from "../../tests/network/namespace.ts";
import type { Namespace } from "../../tests/network/namespace.ts";

/** The agent's defaults. */
export const probing: ProbeSettings = {
  periodMs: 500,
  timeoutMs: 1000,
  sizeBytes: 56,
  sockets: "raw",
};

/** Every address of it is answered by the kernel at once, and none is of an interface. */
const localNetwork = "10.76.0.0/16";

/** Address of the node that probes; the agent also probes it, as its own target. */
const ownAddress = "10.76.255.254";

/** What the agent probes besides its destinations. */
export const ownTargets = ["127.0.0.1", ownAddress] as const;

/** Addresses to probe, at most 65,000 of them. */
export function addresses(count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => `10.76.${n >> 8}.${n & 255}`);
}

/** The node list of the own node and these destinations. */
export function nodeList(count: number): string {
  const nodes = [
    { name: "here", ipAddress: ownAddress },
    ...addresses(count).map((ipAddress, n) => ({
      name: `worker-${String(n).padStart(5, "0")}.example`,
      ipAddress,
    })),
  ];
  return JSON.stringify(nodes);
}

/**
 * A network namespace of its own for each contender: a raw socket gets every ICMP packet of its
 * namespace, so that two contenders in one would pay for each other.
 */
export async function makeGround(): Promise<Namespace> {
  const namespace = await makeNamespace();
  await namespace.run("ip", "route", "add", "local", localNetwork, "dev", "lo");
  await namespace.run("sysctl", "-qw", "net.ipv4.ping_group_range=0 2147483647");
  return namespace;
}
