/** Two probes a second to every destination, in bursts or spread over the period, in an order of the node. @module */

import assert from "node:assert/strict";
import { sleep } from "./agent_process.ts";
import { makeLaboratory, networkTest, nodesAt } from "./laboratory.ts";
import type { Laboratory } from "./laboratory.ts";
import type { Records } from "./responder.ts";

const windowMs = 5000;

interface Rate {
  readonly destinations: number;
  readonly processes: number;
  /** How many bursts a period; undefined where the requests are spread. */
  readonly bursts?: number;
  readonly flags?: readonly string[];
}

for (
  const { destinations, processes, bursts, flags = [] } of [
    { destinations: 1, processes: 1 },
    { destinations: 100, processes: 1, bursts: 1 },
    { destinations: 500, processes: 3, bursts: 3 },
    { destinations: 100, processes: 1, flags: ["--pacing=spread"] },
    { destinations: 1000, processes: 1 },
    { destinations: 2500, processes: 1 },
    { destinations: 3000, processes: 2 },
  ] satisfies Rate[] as readonly Rate[]
) {
  const name = [`${destinations} destinations get two probes a second each`, ...flags].join(" ");
  networkTest(name, async (fping) => {
    await using laboratory = await makeLaboratory({
      fping,
      nodes: nodesAt(addresses(destinations)),
      flags: ["--mesh-degree=full", "--path-mtu-interval=off", ...flags],
    });
    const times = await steadyWindow(laboratory, destinations);
    assert.equal(laboratory.agent.fpings().length, processes);
    for (const own of times) {
      assert.ok(Math.abs(own.length - windowMs / 500) <= 1, `${own.length} requests of one`);
    }
    if (bursts !== undefined) assertBursts(times.flat(), destinations, bursts);
    else if (destinations >= 100) assertSpread(times.flat());
  });
}

networkTest("the order of the destinations differs from node to node", async (fping) => {
  const order = async (node: string) => {
    await using laboratory = await makeLaboratory({ fping, node, nodes: nodesAt(addresses(50)) });
    const records = await recordWindow(laboratory, 50, 1000);
    return [...records.entries()]
      .sort(([, a], [, b]) =>
        (a.requests[0]?.id ?? 0) - (b.requests[0]?.id ?? 0) ||
        (a.requests[0]?.sequence ?? 0) - (b.requests[0]?.sequence ?? 0)
      )
      .map(([address]) => address);
  };
  const [first, second] = await Promise.all([order("node-a"), order("node-b")]);
  for (const one of [first, second]) {
    assert.equal(new Set(one).size, 50);
    assert.ok(sharedNeighbours(one, addresses(50)) < 10, "the order of the list");
  }
  assert.ok(sharedNeighbours(first, second) < 10, "one order for all");
});

function addresses(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `10.77.${1 + Math.floor(n / 250)}.${1 + n % 250}`);
}

/**
 * Times of the requests to each destination, in a window with the wanted rate. Three tries: where
 * other work takes the processor, fping cannot keep its pace, which is not what is tested.
 */
async function steadyWindow(laboratory: Laboratory, destinations: number): Promise<number[][]> {
  const wanted = destinations * windowMs / 500;
  const seen: number[] = [];
  for (let tries = 0; tries < 3; tries++) {
    const records = await recordWindow(laboratory, destinations);
    const times = records.entries().map(([, { requests }]) => requests.map(({ atMs }) => atMs));
    const total = times.flat().length;
    if (times.length === destinations && Math.abs(total - wanted) <= Math.max(1, wanted * 0.02)) {
      return times;
    }
    seen.push(total);
  }
  const load = `a load of ${Deno.loadavg()[0]} on ${navigator.hardwareConcurrency} processors`;
  throw new Error(`${seen.join(", ")} requests in place of ${wanted}, at ${load}`);
}

/** What the responder saw in a window that begins when every destination is being probed. */
async function recordWindow(
  { agent, responder }: Laboratory,
  destinations: number,
  milliseconds = windowMs,
): Promise<Records> {
  await agent.waitFor(
    "probes of all",
    (now) =>
      now.select("nodeping_probes_received_total").filter(({ value }) => value > 0).length ===
        destinations,
    20_000,
  );
  await responder.reset();
  const started = performance.timeOrigin + performance.now();
  await sleep(milliseconds + 100);
  return (await responder.records()).between(started, started + milliseconds);
}

/** All requests of a period are in so many bursts, apart from each other and as large as planned. */
function assertBursts(times: readonly number[], destinations: number, bursts: number): void {
  const sorted = times.toSorted((a, b) => a - b);
  const groups = Object.groupBy(sorted.keys(), (at) => {
    let first = at;
    while (first > 0 && (sorted[first] ?? 0) - (sorted[first - 1] ?? 0) < quietMs) first--;
    return first;
  });
  const sizes = Object.values(groups).map((group) => group?.length ?? 0);
  // the window may cut one at each end
  assert.ok(Math.abs(sizes.length - bursts * windowMs / 500) <= 2, `${sizes.length} bursts`);
  const largest = Math.ceil(destinations / bursts);
  assert.ok(sizes.slice(1, -1).every((size) => size >= largest - 1 && size <= largest), `${sizes}`);
}

/** Between the bursts of one node nothing is sent for longer than this. */
const quietMs = 60;

/** No twentieth of the period may carry three times its share, and most must carry some. */
function assertSpread(times: readonly number[]): void {
  const slots = 20;
  const shares = Array<number>(slots).fill(0);
  for (const time of times) {
    const slot = Math.floor(time % 500 / (500 / slots));
    shares[slot] = (shares[slot] ?? 0) + slots / times.length;
  }
  const text = shares.map((share) => share.toFixed(2)).join(" ");
  assert.ok(Math.max(...shares) < 3, text);
  assert.ok(shares.filter((share) => share > 0.3).length >= slots * 0.6, text);
}

/** How many pairs of addresses follow each other in both orders, wherever the orders begin. */
function sharedNeighbours(a: readonly string[], b: readonly string[]): number {
  const pairs = (order: readonly string[]) =>
    order.map((address, place) => `${address} ${order[(place + 1) % order.length]}`);
  const known = new Set(pairs(b));
  return pairs(a).filter((pair) => known.has(pair)).length;
}
