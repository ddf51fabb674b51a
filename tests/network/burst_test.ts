/**
 * What a burst must not change: no loss that spread requests would not have, no request missed, and
 * the period kept, over slow links, on a busy machine, beside another prober and among the dead; and
 * where it does lose, as the docs say.
 *
 * @module
 */

import assert from "node:assert/strict";
import { sleep, startAgent } from "./agent_process.ts";
import { makeConfigVolume } from "./config_volume.ts";
import { networkTest, nodesAt } from "./laboratory.ts";
import { connect, loadFirewall, makeNamespace } from "./namespace.ts";
import type { Namespace } from "./namespace.ts";

/** How the source reaches destinations that answer at once, and what else goes on. */
interface Situation {
  readonly fping: string;
  readonly destinations: number;
  /** The last of the destinations, which answer nothing. */
  readonly dead?: number;
  readonly flags?: readonly string[];
  /** Of tc's tbf, on the way out. */
  readonly shaper?: readonly string[];
  /** Rules of nft where the destinations are. */
  readonly firewall?: string;
  /** Programs that run in the source's namespace meanwhile. */
  readonly beside?: readonly (readonly string[])[];
}

interface Seen {
  /** Of destinations that answer. */
  readonly lost: number;
  readonly sent: number;
  readonly lostOfDead: number;
  readonly sentToDead: number;
  readonly refused: number;
  /** Requests that reached the destinations within these seconds. */
  readonly arrived: number;
  readonly seconds: number;
}

const measuredSeconds = 10;

function addressesOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => `10.76.${n >> 8}.${n & 255}`);
}

/** Requests that the kernel of the namespace has received, and when it was asked. */
async function requestsIn(namespace: Namespace): Promise<{ count: number; atMs: number }> {
  const lines = (await namespace.run("cat", "/proc/net/snmp")).split("\n")
    .filter((line) => line.startsWith("IcmpMsg:")).map((line) => line.split(" "));
  const count = Number(lines[1]?.[lines[0]?.indexOf("InType8") ?? -1] ?? 0);
  return { count, atMs: performance.now() };
}

/** Lets an agent probe for a while; counts from one of its textfiles to another. */
async function measure(situation: Situation): Promise<Seen> {
  const { fping, destinations, dead = 0, flags = [], shaper, firewall, beside = [] } = situation;
  const addresses = addressesOf(destinations);
  const silent = addresses.slice(destinations - dead);
  await using parts = new AsyncDisposableStack();
  const source = parts.use(await makeNamespace());
  const far = parts.use(await makeNamespace());
  await connect(
    { namespace: source, device: "out", addresses: ["10.75.0.1/24"] },
    { namespace: far, device: "in", addresses: ["10.75.0.2/24"] },
  );
  await source.run("ip", "route", "add", "10.76.0.0/16", "via", "10.75.0.2");
  await far.run("ip", "route", "add", "local", "10.76.0.0/16", "dev", "lo");
  if (shaper !== undefined) {
    await source.run("tc", "qdisc", "add", "dev", "out", "root", "tbf", ...shaper);
  }
  if (firewall !== undefined) await loadFirewall(far, firewall);
  if (dead > 0) {
    await loadFirewall(
      far,
      `table ip dead { chain in { type filter hook input priority 0;
        icmp type echo-request ip daddr { ${silent.join(", ")} } drop; }; }`,
    );
  }
  for (const line of beside) {
    const [program = "", ...args] = source.inside(...line);
    const child = new Deno.Command(program, { args, stdout: "null", stderr: "null" }).spawn();
    parts.defer(async () => {
      child.kill("SIGKILL");
      await child.status;
    });
  }
  const volume = parts.use(await makeConfigVolume(nodesAt(addresses)));
  const options = { namespace: source, config: volume.file, fping, logLevel: "warn" };
  const agent = parts.use(
    await startAgent({
      ...options,
      flags: ["--mesh-degree=full", "--path-mtu-interval=off", ...flags],
    }),
  );
  const sentTo = (address: string) => ({ destination_address: address });
  const answering = addresses.slice(0, destinations - dead);
  const totals = async () => {
    const samples = await agent.samples();
    const sum = (name: string, of: readonly string[]) => {
      const wanted = new Set(of);
      return samples.select(name)
        .filter(({ labels }) => wanted.has(labels["destination_address"] ?? ""))
        .reduce((total, { value }) => total + value, 0);
    };
    return {
      sent: sum("nodeping_probes_sent_total", answering),
      received: sum("nodeping_probes_received_total", answering),
      sentToDead: sum("nodeping_probes_sent_total", silent),
      receivedOfDead: sum("nodeping_probes_received_total", silent),
      refused: sum("nodeping_send_failures_total", addresses),
    };
  };
  await agent.waitFor(
    "outcomes of all",
    (now) =>
      addresses.every((address) =>
        (now.value("nodeping_probes_sent_total", sentTo(address)) ?? 0) > 1
      ),
    30_000,
  );
  const [before, arrivedBefore] = [await totals(), await requestsIn(far)];
  await sleep(1000 * measuredSeconds);
  const [after, arrivedAfter] = [await totals(), await requestsIn(far)];
  const sent = after.sent - before.sent;
  const sentToDead = after.sentToDead - before.sentToDead;
  return {
    sent,
    lost: sent - (after.received - before.received),
    sentToDead,
    lostOfDead: sentToDead - (after.receivedOfDead - before.receivedOfDead),
    refused: after.refused - before.refused,
    arrived: arrivedAfter.count - arrivedBefore.count,
    seconds: (arrivedAfter.atMs - arrivedBefore.atMs) / 1000,
  };
}

/** Nothing lost or refused, and the period kept within 1 % and a burst at each end. */
function assertTrue(seen: Seen, { destinations, dead = 0 }: Situation): void {
  const text = JSON.stringify(seen);
  assert.equal(seen.lost, 0, text);
  assert.equal(seen.refused, 0, text);
  assert.equal(seen.lostOfDead, seen.sentToDead, text);
  assert.ok(dead === 0 || seen.sentToDead > 0, text);
  // what is dropped for the dead is not counted
  const expected = (destinations - dead) * 2 * seen.seconds;
  assert.ok(Math.abs(seen.arrived - expected) <= 0.01 * expected + destinations, text);
}

const busy = Array.from({ length: 9 }, () => ["sh", "-c", "while :; do :; done"]);
const another = (fping: string, count: number) => [
  ...[fping, "-l", "-p", "500", "-i", "0"],
  ...addressesOf(count),
];

const situations: Readonly<Record<string, (fping: string) => Situation>> = {
  "a link of 100 Mbit/s with a queue of 30 kB": (fping) => ({
    ...{ fping, destinations: 200 },
    shaper: ["rate", "100mbit", "burst", "2kb", "limit", "30kb"],
  }),
  "a link of 10 Mbit/s with a queue of 30 kB": (fping) => ({
    ...{ fping, destinations: 200 },
    shaper: ["rate", "10mbit", "burst", "2kb", "limit", "30kb"],
  }),
  "a load of 9": (fping) => ({ fping, destinations: 200, beside: busy }),
  "a load of 9, and packets of 1,428 bytes": (fping) => ({
    ...{ fping, destinations: 200, flags: ["--size=1400"], beside: busy },
    shaper: ["rate", "100mbit", "burst", "4kb", "limit", "600kb"],
  }),
  "a second prober on the node, in bursts as well": (fping) => ({
    ...{ fping, destinations: 200, beside: [another(fping, 200)] },
  }),
  "60 of 200 dead": (fping) => ({ fping, destinations: 200, dead: 60 }),
  "300 of 1,000 dead": (fping) => ({ fping, destinations: 1000, dead: 300 }),
};

for (const [name, situation] of Object.entries(situations)) {
  networkTest(`bursts change nothing: ${name}`, async (fping) => {
    const given = situation(fping);
    const seen = await measure(given);
    // the second prober's requests arrive, too
    const own = given.beside !== undefined && given.beside !== busy
      ? { ...seen, arrived: seen.arrived - given.destinations * 2 * seen.seconds }
      : seen;
    assertTrue(own, given);
  });
}

networkTest(
  "a policer of ICMP takes a part of each burst, and nothing of spread requests",
  async (fping) => {
    const policed: Situation = {
      ...{ fping, destinations: 100 },
      firewall: `table ip police { chain in { type filter hook input priority 0;
      icmp type echo-request limit rate over 400/second burst 20 packets drop; }; }`,
    };
    assert.ok((await measure(policed)).lost > 500, "of 2,000");
    assert.equal((await measure({ ...policed, flags: ["--pacing=spread"] })).lost, 0);
  },
);

networkTest(
  "a queue shorter than a burst takes a part of it, and nothing of spread requests",
  async (fping) => {
    const short: Situation = {
      ...{ fping, destinations: 200 },
      shaper: ["rate", "10mbit", "burst", "2kb", "limit", "8kb"],
    };
    assert.ok((await measure(short)).lost > 500, "of 4,000");
    assert.equal((await measure({ ...short, flags: ["--pacing=spread"] })).lost, 0);
  },
);
