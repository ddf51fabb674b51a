/** A switch and its nodes as network namespaces of this machine, and the cutting of a link. @module */

import { run, spawnProcess } from "../../src/platform/process.ts";
import { configure, loadFirewall, makeNamespace } from "../../tests/network/namespace.ts";
import type { Namespace } from "../../tests/network/namespace.ts";

/** Start of the name of every namespace of every demo; several can run at the same time. */
export const namespacePrefix = "nodeping-demo";

/** One node of the demo: a namespace with one network card. */
export interface DemoNode {
  readonly name: string;
  /** IPv4, from the block that is reserved for documentation (RFC 5737). */
  readonly address: string;
  readonly namespace: Namespace;
}

/** Nodes on one switch; disposing of it removes the namespaces with every process in them. */
export interface DemoNetwork extends AsyncDisposable {
  readonly nodes: readonly DemoNode[];
  /** Lets the switch drop every frame between two nodes, both ways, and no other frame. */
  readonly cut: (one: DemoNode, other: DemoNode) => Promise<void>;
  /** Undoes the cut. */
  readonly heal: () => Promise<void>;
  /**
   * Joins this machine itself to the switch, with a card that goes with the network; gives the nodes'
   * addresses for it, of another block: this machine may have the first one.
   */
  readonly joinHost: () => Promise<readonly string[]>;
}

/** Makes the namespaces and joins them; those made so far are removed when a later one fails. */
export async function makeNetwork(count: number, signal: AbortSignal): Promise<DemoNetwork> {
  await using parts = new AsyncDisposableStack();
  const bridge = parts.use(await namespaceFor("switch"));
  await bridge.run("ip", "link", "add", "switch", "type", "bridge");
  await bridge.run("ip", "link", "set", "switch", "up");
  const nodes: DemoNode[] = [];
  for (let number = 1; number <= count; number++) {
    signal.throwIfAborted();
    const name = `node-${number}`;
    const address = `192.0.2.${number}`;
    const namespace = parts.use(await namespaceFor(name));
    const card = ["peer", "name", "eth0", "netns", namespace.name];
    await bridge.run("ip", "link", "add", name, "type", "veth", ...card);
    await bridge.run("ip", "link", "set", name, "master", "switch", "up");
    await configure(namespace, "eth0", [`${address}/24`]);
    nodes.push({ name, address, namespace });
  }
  const kept = parts.move();
  return {
    nodes,
    cut: (one, other) =>
      loadFirewall(
        bridge,
        `table bridge fault { chain forward { type filter hook forward priority 0;
          iifname "${one.name}" oifname "${other.name}" drop;
          iifname "${other.name}" oifname "${one.name}" drop; }; }`,
      ),
    heal: () => loadFirewall(bridge, "delete table bridge fault"),
    joinHost: async () => {
      const block = freeBlock(Deno.networkInterfaces().map((one) => one.address), Deno.pid);
      const card = `npdemo${Deno.pid}`;
      const isHere = ["netns", String(Deno.pid)];
      await bridge.run(
        "ip",
        "link",
        "add",
        "host",
        "type",
        "veth",
        "peer",
        "name",
        card,
        ...isHere,
      );
      // This machine answers ARP for each of its addresses on every card: one may be a node's, too.
      await loadFirewall(
        bridge,
        `table bridge host { chain forward { type filter hook forward priority 0;
          iifname "host" ether type arp arp saddr ip != ${block.at(-1)} drop; }; }`,
      );
      await bridge.run("ip", "link", "set", "host", "master", "switch", "up");
      await ip("address", "add", `${block.at(-1)}/28`, "dev", card);
      await ip("link", "set", card, "up");
      return await Promise.all(nodes.map(async ({ namespace }, index) => {
        const address = block[index] ?? "";
        await namespace.run("ip", "address", "add", `${address}/28`, "dev", "eth0");
        return address;
      }));
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/**
 * The 14 addresses of a sixteenth of another block that is reserved for documentation: one that this
 * machine has no address of, so that several demos can run. `start` says where to look first.
 */
export function freeBlock(taken: readonly string[], start: number): readonly string[] {
  const blocks = Array.from(
    { length: 16 },
    (_, number) =>
      Array.from(
        { length: 14 },
        (_, host) => `198.51.100.${16 * ((number + start) % 16) + host + 1}`,
      ),
  );
  const free = blocks.find((block) => !block.some((address) => taken.includes(address)));
  if (free === undefined) throw new Error("No part of 198.51.100.0/24 is free on this machine");
  return free;
}

async function ip(...args: string[]): Promise<void> {
  const { code, stderr } = await run(spawnProcess, { command: "ip", args });
  if (code !== 0) throw new Error(`"ip ${args.join(" ")}" ended with ${code}: ${stderr.trim()}`);
}

async function namespaceFor(label: string): Promise<Namespace> {
  try {
    return await makeNamespace(label, namespacePrefix);
  } catch (cause) {
    throw new Error(
      "Cannot make a network namespace: the demo needs a real root, in a container --privileged",
      { cause },
    );
  }
}
