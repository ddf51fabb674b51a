import assert from "node:assert/strict";
import { PathMtuRounds } from "./path_mtu.ts";
import { IdentifierGuard } from "../fping/path_mtu.ts";
import type { Outcome } from "../fping/ledger.ts";
import { Pairs } from "../pairs/pairs.ts";
import type { Destination } from "../targets/destination.ts";
import { FakeClock, settled } from "../../tests/fakes/clock.ts";
import { FakeLog } from "../../tests/fakes/log.ts";
import { FakeSpawn } from "../../tests/fakes/spawn.ts";
import type { FakeChild } from "../../tests/fakes/spawn.ts";

const intervalMs = 10_000;

/**
 * Rounds over fake fpings, which take so long, or never end; `mtuOf` gives the largest packet that
 * a target answers.
 */
function makeRounds(
  destinations: readonly Destination[],
  mtuOf: (target: string) => number,
  runMs = 0,
): {
  readonly pairs: Pairs;
  readonly spawn: FakeSpawn;
  readonly log: FakeLog;
  readonly rounds: (count: number, isAnswered?: boolean) => Promise<void>;
  readonly end: () => Promise<void>;
} {
  const pairs = new Pairs({
    totals: { windowMs: 60_000, periodMs: 500, maxSilenceMs: 9000, distribution: false },
    onLossRun: () => {},
  });
  pairs.replace(destinations);
  pairs.route(({ address }) => address);
  const clock = new FakeClock();
  const stop = new AbortController();
  const spawn = new FakeSpawn((child) => {
    if (runMs === Infinity) return;
    if (runMs === 0) answer(child, mtuOf);
    else clock.sleep(runMs, stop.signal).then(() => answer(child, mtuOf), () => child.exit(1));
  });
  const log = new FakeLog();
  const rounds = new PathMtuRounds({ fping: "fping", intervalMs, timeoutMs: 1000, sizeBytes: 56 }, {
    ...{ pairs, clock, log, random: () => 0, identifiers: new IdentifierGuard(spawn.spawn) },
    detect: () => Promise.resolve({ version: "5.5", checkSource: true }),
  });
  const running = rounds.run(stop.signal);
  return {
    ...{ pairs, spawn, log },
    rounds: async (count, isAnswered = true) => {
      for (let round = 0; round < count; round++) {
        for (const target of pairs.routes.keys()) probe(pairs, target, isAnswered);
        await clock.advance(intervalMs);
        for (let turn = 0; turn < 40; turn++) await settled();
      }
    },
    end: async () => {
      stop.abort();
      await running;
    },
  };
}

/** Twenty small probes, of which all are answered or none is. */
function probe(pairs: Pairs, target: string, isAnswered: boolean): void {
  const outcome: Outcome = isAnswered
    ? { kind: "reply", sentAtSeconds: 0, rttSeconds: 0.001 }
    : { kind: "lost", sentAtSeconds: 0 };
  for (let i = 0; i < 20; i++) pairs.record(pairs.routeOf(target), outcome, 0);
}

/** The source's own interface has 1,500. */
function answer(child: FakeChild, mtuOf: (target: string) => number): void {
  const { args, input = "" } = child.request;
  const numberOf = (flag: string) => Number(args[args.indexOf(flag) + 1]);
  for (const target of input.split("\n").filter(Boolean)) {
    const bytes = numberOf("-b") + (target.includes(":") ? 48 : 28);
    for (let sequence = 0; bytes <= 1500 && sequence < numberOf("-c"); sequence++) {
      const fate = bytes <= mtuOf(target)
        ? `${numberOf("-b") + 8} bytes, 0.1 ms (0.1 avg, 0% loss)`
        : "timed out (NaN avg, 100% loss)";
      child.print(`[1795812604.59290] ${target} : [${sequence}], ${fate}\n`);
    }
  }
  child.exit(0);
}

function nodes(count: number): readonly Destination[] {
  return Array.from({ length: count }, (_, index) => ({
    ...{ kind: "node", name: `node-${index}`, address: `10.0.${index >> 8}.${index & 255}` },
  } as const));
}

Deno.test("PathMtuRounds measures nodes of both families, and no external target", async () => {
  const { pairs, spawn, rounds, end } = makeRounds([
    { kind: "node", name: "a", address: "10.0.0.1" },
    { kind: "node", name: "b", address: "fd00::1" },
    { kind: "external", name: "x", address: "192.0.2.1" },
  ], () => 1500);
  await rounds(3);
  assert.deepEqual([...pairs.all].map(({ totals }) => totals.pathMtu?.bytes), [
    ...[1500, 1500, undefined],
  ]);
  assert.ok(spawn.children.every(({ request }) => !request.input?.includes("192.0.2.1")));
  await end();
});

Deno.test("PathMtuRounds sends a round in one process for each size, of at most 1,000 targets", async () => {
  const { spawn, rounds, end } = makeRounds(nodes(2500), () => 1500);
  await rounds(4);
  const before = spawn.children.length;
  await rounds(1);
  const { length } = spawn.children;
  assert.equal(length - before, 3);
  const inputs = spawn.children.slice(before).flatMap(({ request }) =>
    (request.input ?? "").trim().split("\n")
  );
  assert.equal(new Set(inputs).size, 2500);
  await end();
});

Deno.test("PathMtuRounds logs a black hole and its end once for each name of the address", async () => {
  let mtu = 1500;
  const { pairs, log, rounds, end } = makeRounds([
    { kind: "node", name: "a", address: "10.0.0.1" },
    { kind: "node", name: "alias", address: "10.0.0.1" },
    { kind: "node", name: "b", address: "10.0.0.2" },
  ], (target) => target === "10.0.0.1" ? mtu : 1500);
  await rounds(3);
  mtu = 1400;
  await rounds(4);
  const pathOf = (name: string) =>
    [...pairs.all].find(({ destination }) => destination.name === name)?.totals.pathMtu;
  assert.equal(pathOf("a")?.blackHole?.passes, 1400);
  assert.equal(pathOf("alias")?.bytes, 1400);
  assert.equal(pathOf("b")?.blackHole, undefined);
  assert.equal(log.messages("warn").length, 2);
  mtu = 1500;
  await rounds(1);
  assert.equal(pathOf("a")?.blackHole, undefined);
  assert.equal(pathOf("a")?.bytes, 1500);
  assert.equal(log.messages("info").length, 2);
  await end();
});

Deno.test("PathMtuRounds measures the node that takes over the address of a dead one", async () => {
  let mtu = 1500;
  const old: Destination = { kind: "node", name: "old", address: "10.0.0.1" };
  const { pairs, rounds, end } = makeRounds([old], () => mtu);
  await rounds(7);
  mtu = 0;
  await rounds(3, false);
  pairs.replace([{ ...old, name: "new" }]);
  pairs.route(({ address }) => address);
  mtu = 1400;
  await rounds(6);
  assert.deepEqual([...pairs.all].map(({ totals }) => totals.pathMtu?.blackHole?.passes), [1400]);
  await end();
});

Deno.test("PathMtuRounds finds the black holes of many targets with few processes", async () => {
  let mtu = 1500;
  const { pairs, spawn, rounds, end } = makeRounds(nodes(300), () => mtu);
  await rounds(12);
  mtu = 1428;
  await rounds(2);
  const before = spawn.children.length;
  await rounds(1);
  assert.ok([...pairs.all].every(({ totals }) => totals.pathMtu?.blackHole?.passes === 1428));
  assert.ok(spawn.children.length - before < 150, `${spawn.children.length - before} processes`);
  await end();
});

Deno.test("PathMtuRounds finds 200 black holes, a full mesh of the default, within ten seconds", async () => {
  let mtu = 1500;
  const { pairs, rounds, end } = makeRounds(nodes(200), () => mtu, 400);
  await rounds(12);
  mtu = 1428;
  await rounds(3);
  await rounds(1);
  const found = [...pairs.all].filter(({ totals }) => totals.pathMtu?.blackHole?.passes === 1428);
  assert.equal(found.length, 200);
  await end();
});

Deno.test("PathMtuRounds sends nothing more in a round whose fping fails", async () => {
  const { spawn, pairs, rounds, end } = makeRounds(nodes(1), () => {
    throw new Error("no fping");
  });
  await rounds(2);
  assert.ok(spawn.children.length < 20);
  assert.equal([...pairs.all][0]?.totals.pathMtu?.bytes, undefined);
  await end();
});

Deno.test("PathMtuRounds goes on after an fping that does not end, and says so", async () => {
  const { spawn, log, rounds, end } = makeRounds(nodes(1), () => 1500, Infinity);
  await rounds(3);
  assert.ok(spawn.children.length >= 4, `${spawn.children.length} processes`);
  assert.match(log.messages("warn").join("\n"), /^fping did not end in time and is killed/);
  await end();
});
