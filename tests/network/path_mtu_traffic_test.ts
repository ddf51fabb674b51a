/**
 * The packets by which path MTUs are measured, counted on the wire for a minute: as many as docs/cost.md
 * says, and the small probes are as without them.
 *
 * @module
 */

import assert from "node:assert/strict";
import { pathMtuBitsPerSecond } from "../../tasks/cost/agent_cost.ts";
import type { Samples } from "../exposition.ts";
import { sleep, startAgent } from "./agent_process.ts";
import type { AgentProcess } from "./agent_process.ts";
import { makeConfigVolume } from "./config_volume.ts";
import { networkTest } from "./laboratory.ts";
import { configure, connect, loadFirewall, makeNamespace } from "./namespace.ts";
import type { Namespace } from "./namespace.ts";

const bytes = "nodeping_path_mtu_bytes";
const blackHole = "nodeping_path_mtu_black_hole";
const destinations = 50;
const rounds = 6;
const intervalSeconds = 10;
/** Between two rounds, and six of them later. */
const countedSeconds = rounds * intervalSeconds + 5;

const nodes = Array.from({ length: destinations }, (_, n) => ({
  name: `n${n}`,
  ipAddress: n % 2 === 0 ? `10.79.0.${n + 1}` : `fd79::${n + 1}`,
}));
const target = nodes[0]?.ipAddress ?? "";

/** A source, its agent, and counters of what passes its interface. */
interface Source {
  readonly namespace: Namespace;
  readonly agent: AgentProcess;
}

/** Echo requests of more and of less than 200 bytes that go out, their replies, and those to one target. */
const counters = `table inet counted {
  counter large { }
  counter small { }
  counter replies { }
  counter target { }
  chain sent { meta length <= 200 counter name small return
    counter name large; ip daddr ${target} counter name target; }
  chain out { type filter hook postrouting priority 0;
    oifname "lo" return; icmp type echo-request jump sent; icmpv6 type echo-request jump sent; }
  chain in { type filter hook prerouting priority 0;
    icmp type echo-reply meta length > 200 counter name replies;
    icmpv6 type echo-reply meta length > 200 counter name replies; }
}`;

interface Count {
  readonly packets: number;
  readonly bytes: number;
}

type CounterName = "large" | "small" | "replies" | "target";
type Wire = ReadonlyMap<CounterName, Count>;

async function countersOf(namespace: Namespace): Promise<Wire> {
  const { nftables } = JSON.parse(await namespace.run("nft", "-j", "list", "counters")) as {
    nftables: readonly { readonly counter?: Count & { readonly name: CounterName } }[];
  };
  return new Map(
    nftables.flatMap(({ counter }) =>
      counter === undefined ? [] : [[counter.name, counter] as const]
    ),
  );
}

/** What an agent and its wire have counted so far. */
interface Reading {
  readonly atSeconds: number;
  readonly wire: Wire;
  readonly samples: Samples;
}

async function read({ namespace, agent }: Source): Promise<Reading> {
  const wire = await countersOf(namespace);
  return { atSeconds: performance.now() / 1000, wire, samples: await agent.samples() };
}

/** What passed between two readings. */
function passed(name: CounterName, before: Wire, after: Wire): Count {
  const [earlier, later] = [before.get(name), after.get(name)];
  assert.ok(earlier !== undefined && later !== undefined, name);
  return { packets: later.packets - earlier.packets, bytes: later.bytes - earlier.bytes };
}

/** How the small probes fared between two readings. */
function smallProbes(before: Reading, after: Reading): Readonly<Record<string, number>> {
  const grown = (name: string) => after.samples.sum(name) - before.samples.sum(name);
  const received = grown("nodeping_probes_received_total");
  return {
    onWire: passed("small", before.wire, after.wire).packets,
    seconds: after.atSeconds - before.atSeconds,
    sent: grown("nodeping_probes_sent_total"),
    lost: grown("nodeping_probes_sent_total") - received,
    meanRttMs: 1000 * grown("nodeping_rtt_seconds_total") / received,
    restarts: after.samples.sum("nodeping_agent_fping_restarts_total"),
    wrongSource: after.samples.sum("nodeping_agent_wrong_source_total"),
  };
}

async function startSource(
  node: Namespace,
  side: number,
  { fping, interval, config }: {
    readonly fping: string;
    readonly interval: string;
    readonly config: string;
  },
  parts: AsyncDisposableStack,
): Promise<Source> {
  const namespace = parts.use(await makeNamespace());
  await connect(
    { namespace, device: "eth0", addresses: [`10.78.${side}.2/24`, `fd78:${side}::2/64`] },
    {
      namespace: node,
      device: `side${side}`,
      addresses: [`10.78.${side}.1/24`, `fd78:${side}::1/64`],
    },
  );
  await namespace.run("ip", "route", "add", "default", "via", `10.78.${side}.1`);
  await namespace.run("ip", "-6", "route", "add", "default", "via", `fd78:${side}::1`);
  await loadFirewall(namespace, counters);
  const flags = [`--path-mtu-interval=${interval}`];
  const agent = parts.use(await startAgent({ namespace, config, fping, flags }));
  return { namespace, agent };
}

networkTest(
  "the path MTU's packets on the wire, and the small probes beside them",
  async (fping) => {
    await using parts = new AsyncDisposableStack();
    const node = parts.use(await makeNamespace());
    await node.run("ip", "link", "add", "nodes", "type", "bridge");
    const prefix = (address: string) => address.includes(":") ? 128 : 32;
    const addresses = nodes.map(({ ipAddress }) => `${ipAddress}/${prefix(ipAddress)}`);
    await configure(node, "nodes", addresses);
    const config = parts.use(await makeConfigVolume(nodes)).file;
    const interval = `${intervalSeconds}s`;
    const measuring = await startSource(node, 1, { fping, config, interval }, parts);
    const other = await startSource(node, 2, { fping, config, interval: "off" }, parts);
    await measuring.agent.waitFor(
      "the first round",
      (now) => now.select(bytes).filter(({ value }) => value === 1500).length === destinations,
      30_000,
    );

    const before = await Promise.all([read(measuring), read(other)]);
    await sleep(countedSeconds * 1000);
    const after = await Promise.all([read(measuring), read(other)]);

    const large = passed("large", before[0].wire, after[0].wire);
    const packets = rounds * destinations;
    assert.deepEqual(large, { packets, bytes: packets * 1500 });
    assert.deepEqual(passed("replies", before[0].wire, after[0].wire), large);
    assert.equal(passed("large", before[1].wire, after[1].wire).packets, 0);
    // docs/cost.md counts the requests of a node and as many replies, on Ethernet.
    const documentedBits = pathMtuBitsPerSecond(destinations, 1500) * rounds * intervalSeconds;
    assert.equal(2 * 8 * (large.bytes + 14 * large.packets), documentedBits);

    const beside = smallProbes(before[0], after[0]);
    const alone = smallProbes(before[1], after[1]);
    const seen = JSON.stringify({ beside, alone });
    for (const { onWire = 0, seconds = 0, lost, restarts, wrongSource } of [beside, alone]) {
      assert.deepEqual([lost, restarts, wrongSource], [0, 0, 0], seen);
      // The counters are read at some time between two bursts.
      assert.ok(Math.abs(onWire - 2 * seconds * destinations) <= 2 * destinations, seen);
    }
    const [besideMs = 0, aloneMs = 0] = [beside["meanRttMs"], alone["meanRttMs"]];
    assert.ok(besideMs < 1.5 * aloneMs + 0.05, seen);

    await loadFirewall(
      node,
      `table inet filter { chain in { type filter hook prerouting priority 0;
        ip daddr ${target} meta length > 1400 drop; }; }`,
    );
    const start = await countersOf(measuring.namespace);
    const { agent } = measuring;
    const isMeasured = (now: Samples) =>
      now.value(blackHole, { destination_address: target }) === 1;
    await agent.waitFor("a black hole", isMeasured, (3 * intervalSeconds + 10 + 1) * 1000);
    const found = await countersOf(measuring.namespace);
    await sleep(2 * intervalSeconds * 1000);
    const later = await countersOf(measuring.namespace);
    const searching = passed("target", start, found).packets;
    assert.ok(searching < 120, `${searching} packets to find what passes`);
    assert.equal(passed("target", found, later).packets, 2 * 3, "three packets in each round");
  },
);
