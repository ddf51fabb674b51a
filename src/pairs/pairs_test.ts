import assert from "node:assert/strict";
import type { Outcome } from "../fping/ledger.ts";
import { Pairs } from "./pairs.ts";
import type { Destination } from "../targets/destination.ts";

const totals = { windowMs: 60_000, periodMs: 500, maxSilenceMs: 6000, distribution: false };
const reply: Outcome = { kind: "reply", rttSeconds: 0.001, sentAtSeconds: 0 };

const node = (name: string, address: string, more: Partial<Destination> = {}): Destination => ({
  kind: "node",
  name,
  address,
  ...more,
});

/** Pairs of these destinations, routed by their own addresses. */
function makePairs(...destinations: Destination[]): {
  pairs: Pairs;
  reported: string[];
  take: (...destinations: Destination[]) => readonly string[];
  sent: () => Record<string, number>;
} {
  const reported: string[] = [];
  const pairs = new Pairs({
    totals,
    onLossRun: ({ name }, { kind }) => void reported.push(`${name} ${kind}`),
  });
  const take = (...list: Destination[]) => {
    pairs.replace(list);
    return pairs.route(({ address }) => address);
  };
  take(...destinations);
  const sent = () =>
    Object.fromEntries(
      [...pairs.all].map((pair) => [
        `${pair.destination.name} ${pair.destination.address}`,
        pair.totals.sent,
      ]),
    );
  return { pairs, reported, take, sent };
}

Deno.test("Pairs counts an outcome for the destination of its target alone", () => {
  const { pairs, sent } = makePairs(node("a", "10.0.0.1"), node("b", "10.0.0.2"));
  pairs.record(pairs.routeOf("10.0.0.2"), reply, 0);
  pairs.record(pairs.routeOf("10.0.0.9"), reply, 0);
  assert.deepEqual(sent(), { "a 10.0.0.1": 0, "b 10.0.0.2": 1 });
});

Deno.test("Pairs.replace() keeps the totals of who stays, whatever its zone or cordon", () => {
  const { pairs, take, sent } = makePairs(
    node("a", "10.0.0.1", { zone: "z1" }),
    node("b", "10.0.0.2"),
  );
  pairs.record(pairs.routeOf("10.0.0.1"), reply, 0);
  pairs.record(pairs.routeOf("10.0.0.2"), reply, 0);
  take(node("c", "10.0.0.3"), node("a", "10.0.0.1", { zone: "z2", cordoned: true }));
  assert.deepEqual(sent(), { "c 10.0.0.3": 0, "a 10.0.0.1": 1 });
  take(node("a", "10.0.0.1"), node("b", "10.0.0.2"));
  assert.deepEqual(sent(), { "a 10.0.0.1": 1, "b 10.0.0.2": 0 }, "who was gone begins anew");
});

Deno.test("Pairs begins anew with a new address of a node", () => {
  const { pairs, take, sent } = makePairs(node("a", "10.0.0.1"));
  pairs.record(pairs.routeOf("10.0.0.1"), reply, 0);
  take(node("a", "10.0.0.9"));
  assert.deepEqual(sent(), { "a 10.0.0.9": 0 });
});

Deno.test("Pairs.route() makes one target of an address under several names, counted for each", () => {
  const external: Destination = { kind: "external", name: "a", address: "10.0.0.1" };
  const { pairs, take, sent } = makePairs();
  const targets = take(node("a", "10.0.0.1"), node("b", "10.0.0.1"), external);
  assert.deepEqual(targets, ["10.0.0.1"]);
  pairs.record(pairs.routeOf("10.0.0.1"), { kind: "lost", sentAtSeconds: 0 }, 0);
  pairs.recordIcmpError("10.0.0.1", "other");
  assert.equal(sent()["b 10.0.0.1"], 1);
  for (const pair of pairs.all) {
    assert.deepEqual([pair.totals.sent, pair.totals.icmpErrors.get("other")], [1, 1]);
  }
});

Deno.test("Pairs.route() leaves out who has no address yet, and keeps its zeros", () => {
  const { pairs } = makePairs(node("a", "a.example"), node("b", "10.0.0.2"));
  assert.deepEqual(
    pairs.route(({ address }) => address === "a.example" ? undefined : address),
    ["10.0.0.2"],
  );
  assert.equal([...pairs.all].length, 2);
});

Deno.test("Pairs reports loss bursts with their destination, also over a new list", () => {
  const { pairs, reported, take } = makePairs(node("a", "10.0.0.1"));
  const lose = (sentAtSeconds: number) =>
    pairs.record(pairs.routeOf("10.0.0.1"), { kind: "lost", sentAtSeconds }, sentAtSeconds * 1000);
  lose(0);
  lose(0.5);
  take(node("a", "10.0.0.1", { zone: "z" }), node("b", "10.0.0.2"));
  lose(1);
  assert.deepEqual(reported, ["a burst_begun"]);
});

Deno.test("Pairs reports the end of a loss burst whose destination leaves the list", () => {
  const { pairs, reported, take } = makePairs(node("a", "10.0.0.1"), node("b", "10.0.0.2"));
  for (const sentAtSeconds of [0, 0.5, 1]) {
    const lost: Outcome = { kind: "lost", sentAtSeconds };
    pairs.record(pairs.routeOf("10.0.0.1"), lost, sentAtSeconds * 1000);
  }
  take(node("b", "10.0.0.2"));
  assert.deepEqual(reported, ["a burst_begun", "a burst_ended"]);
});

Deno.test("Pairs.routeOf() leads to who is routed now, and to nobody once the target is gone", () => {
  const { pairs, take, sent } = makePairs(node("a", "10.0.0.1"));
  const route = pairs.routeOf("10.0.0.1");
  take(node("b", "10.0.0.1"), node("c", "10.0.0.1"));
  pairs.record(route, reply, 0);
  assert.deepEqual(sent(), { "b 10.0.0.1": 1, "c 10.0.0.1": 1 });
  take(node("d", "10.0.0.2"));
  assert.deepEqual(route.pairs, []);
  assert.notEqual(pairs.routeOf("10.0.0.1"), route, "it is not kept for ever");
});

Deno.test("Pairs keeps a distribution of each zone, of nodes alone and of every answer", () => {
  const external: Destination = { kind: "external", name: "x", address: "192.0.2.1" };
  const { pairs, take } = makePairs(
    node("a", "10.0.0.1", { zone: "z1" }),
    node("b", "10.0.0.2"),
    external,
  );
  for (const target of ["10.0.0.1", "10.0.0.1", "10.0.0.2", "192.0.2.1"]) {
    pairs.record(pairs.routeOf(target), reply, 0);
  }
  pairs.record(pairs.routeOf("10.0.0.1"), { kind: "lost", sentAtSeconds: 1 }, 1000);
  pairs.record(pairs.routeOf("10.0.0.1"), { kind: "late_reply", rttSeconds: 0.001 }, 1000);
  const counts = () =>
    [...pairs.distributions].map(([zone, { counts }]) => [zone, counts.reduce((a, b) => a + b)]);
  assert.deepEqual(counts(), [["z1", 3], [undefined, 1]]);
  take(node("a", "10.0.0.1", { zone: "z1" }));
  assert.deepEqual(counts(), [["z1", 3]], "a zone without nodes goes");
});
