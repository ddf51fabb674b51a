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

/** Address of the node that probes; the agent also probes it, as a canary. */
const ownAddress = "127.0.0.2";

/** What the agent probes besides its destinations. */
export const canaries = ["127.0.0.1", ownAddress] as const;

/** Loopback addresses to probe: the kernel answers each of 127.0.0.0/8 at once. */
export function addresses(count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => `127.${1 + (n >> 16)}.${n >> 8 & 255}.${n & 255}`);
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
  await namespace.run("sysctl", "-qw", "net.ipv4.ping_group_range=0 2147483647");
  return namespace;
}
