import assert from "node:assert/strict";
import { Prober, superviseFping } from "./prober.ts";
import type { SupervisorOptions } from "./prober.ts";
import { FakeClock } from "../../tests/fakes/clock.ts";
import { FakeSpawn } from "../../tests/fakes/spawn.ts";
import type { FakeChild } from "../../tests/fakes/spawn.ts";

const nothing = () => {};
const loopback = "127.0.0.1";

/** A prober of fake fpings that print nothing by themselves. */
function makeProber(sockets: "raw" | "ping" = "raw", random = () => 0): {
  prober: Prober;
  spawn: FakeSpawn;
  clock: FakeClock;
  ends: string[];
  answer: (child: FakeChild) => Promise<void>;
  running: () => string[];
} {
  const clock = new FakeClock(1_795_000_000_000);
  const spawn = new FakeSpawn();
  const ends: string[] = [];
  const prober = new Prober({
    fping: "/fping",
    settings: { periodMs: 500, timeoutMs: 1000, sizeBytes: 56, sockets, pacing: "bursts" },
    random,
    detect: () => Promise.resolve({ version: "5.1", checkSource: false }),
    ...{ spawn: spawn.spawn, clock },
    beatClock: clock,
    rest: (signal) => clock.sleep(200, signal).catch(() => undefined),
    sink: {
      ...{ outcomesOf: () => nothing, icmpError: nothing, wrongSource: nothing },
      ...{ unparsedLine: nothing, message: nothing, noReplies: nothing },
    },
    onEnd: ({ kind }) => void ends.push(kind),
  });
  const answer = async (child: FakeChild) => {
    const stamp = (clock.wallMs() / 1000).toFixed(5);
    child.print(`[${stamp}] ${loopback} : [0], 64 bytes, 0.05 ms (0.05 avg, 0% loss)\n`);
    await clock.advance(250);
  };
  const running = () =>
    spawn.children
      .filter(({ signals }) => signals.length === 0)
      .map(({ request }) => (request.input ?? "").trim().split("\n").slice(1).join(" "));
  return { prober, spawn, clock, ends, answer, running };
}

Deno.test("Prober measures when each process has had a reply, and no more when one ends", async () => {
  const { prober, spawn, clock, ends, answer } = makeProber("ping");
  prober.probe(Array.from({ length: 150 }, (_, i) => `10.0.0.${i}`), [loopback]);
  await clock.advance(260);
  assert.equal(spawn.children.length, 2);
  const [first, second] = spawn.children;
  assert.ok(first !== undefined && second !== undefined);
  await answer(first);
  assert.equal(prober.measuring, false);
  await answer(second);
  assert.equal(prober.measuring, true);
  first.exit(1);
  await clock.advance(0);
  assert.deepEqual(ends, ["exited"]);
  assert.equal(prober.measuring, false);
  await clock.advance(150);
  await answer(spawn.last);
  assert.equal(prober.measuring, true);
  await prober.close();
});

Deno.test("Prober stops the old processes one period after the first lines of the new ones", async () => {
  const { prober, spawn, clock, answer, running } = makeProber();
  prober.probe(["10.0.0.1"], [loopback]);
  await clock.advance(0);
  await answer(spawn.last);
  await clock.advance(600);
  prober.probe(["10.0.0.1", "10.0.0.2"], [loopback]);
  await clock.advance(0);
  assert.deepEqual(running(), ["10.0.0.1", "10.0.0.1 10.0.0.2"]);
  await clock.advance(1000);
  assert.equal(running().length, 2, "the new one has printed nothing");
  assert.equal(prober.measuring, true);
  await answer(spawn.last);
  await clock.advance(400);
  assert.equal(running().length, 2);
  await clock.advance(150);
  await clock.advance(0);
  assert.deepEqual(running(), ["10.0.0.1 10.0.0.2"]);
  assert.equal(prober.measuring, true);
  await prober.close();
});

Deno.test("Prober goes straight to the newest list when lists come fast", async () => {
  const { prober, spawn, clock, answer, running } = makeProber();
  prober.probe(["10.0.0.1"], [loopback]);
  await clock.advance(0);
  await answer(spawn.last);
  await clock.advance(600);
  prober.probe(["10.0.0.2"], [loopback]);
  await clock.advance(0);
  await answer(spawn.last);
  prober.probe(["10.0.0.3"], [loopback]);
  await clock.advance(600);
  assert.deepEqual(running(), ["10.0.0.1", "10.0.0.3"], "the one between never took over");
  await answer(spawn.last);
  await clock.advance(600);
  assert.deepEqual(running(), ["10.0.0.3"]);
  await prober.close();
});

Deno.test("Prober probes the own targets alone when there is no target", async () => {
  const { prober, spawn, clock } = makeProber();
  prober.probe([], [loopback, "10.0.0.7"]);
  await clock.advance(0);
  assert.equal(spawn.last.request.input, "127.0.0.1\n10.0.0.7\n");
  await prober.close();
});

Deno.test("Prober.close() ends every process, and starts none again", async () => {
  const { prober, spawn, clock, ends, running } = makeProber();
  prober.probe(["10.0.0.1"], [loopback]);
  await clock.advance(0);
  prober.probe(["10.0.0.2"], [loopback]);
  await clock.advance(0);
  await prober.close();
  await clock.advance(60_000);
  assert.deepEqual(running(), []);
  assert.equal(spawn.children.length, 2);
  assert.deepEqual(ends, []);
});

/** Supervision of fpings that follow the script, each probing one target every half second. */
function supervise(
  script: (child: FakeChild, clock: FakeClock) => void,
  more: Partial<SupervisorOptions> = {},
): {
  spawn: FakeSpawn;
  clock: FakeClock;
  ends: string[];
  stop: () => Promise<void>;
} {
  const clock = new FakeClock(1_795_000_000_000);
  const spawn = new FakeSpawn((child) => script(child, clock));
  const ends: string[] = [];
  const controller = new AbortController();
  const ended = superviseFping({
    fping: "/fping",
    plan: { targets: ["10.0.0.1"], periodMs: 500, timeoutMs: 1000, intervalMs: 3, startDelayMs: 0 },
    settings: { periodMs: 500, timeoutMs: 1000, sizeBytes: 56, sockets: "raw", pacing: "spread" },
    detect: () => Promise.resolve({ version: "5.1", checkSource: false }),
    ...{ spawn: spawn.spawn, clock, beatClock: clock, rest: () => Promise.resolve() },
    sink: {
      ...{ outcomesOf: () => nothing, icmpError: nothing, wrongSource: nothing },
      ...{ unparsedLine: nothing, message: nothing, noReplies: nothing },
    },
    onOutput: nothing,
    onReply: nothing,
    onEnd: ({ kind }, waitMs) => void ends.push(`${kind} ${waitMs}`),
    ...more,
  }, controller.signal);
  const stop = async () => {
    controller.abort();
    await ended;
  };
  return { spawn, clock, ends, stop };
}

Deno.test("superviseFping() starts fping again ever more slowly, up to half a minute", async () => {
  const { clock, ends, stop } = supervise((child) => child.exit(4));
  await clock.advance(100_000);
  await stop();
  assert.deepEqual(
    ends.map((end) => Number(end.split(" ")[1])),
    [100, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000],
  );
});

Deno.test("superviseFping() starts a good fping again at once", async () => {
  const { spawn, clock, ends, stop } = supervise((child) => {
    if (spawn.children.length !== 2) child.exit(4);
  });
  await clock.advance(1100);
  assert.deepEqual(ends, ["exited 100", "exited 1000"]);
  for (let i = 0; i < 62; i++) {
    const stamp = (clock.wallMs() / 1000).toFixed(5);
    spawn.last.print(`[${stamp}] 10.0.0.1 : [${i}], 64 bytes, 0.05 ms (0.05 avg, 0% loss)\n`);
    await clock.advance(500);
  }
  spawn.last.exit(0);
  await clock.advance(50);
  assert.equal(ends.at(-1), "exited 100");
  await stop();
});

Deno.test("superviseFping() waits for its turn, and starts nothing when stopped before", async () => {
  const plan = {
    ...{ targets: ["10.0.0.1"], periodMs: 500, timeoutMs: 1000 },
    ...{ intervalMs: 3, startDelayMs: 250 },
  };
  const { spawn, clock, stop } = supervise(nothing, { plan });
  await clock.advance(249);
  assert.equal(spawn.children.length, 0);
  await clock.advance(1);
  await clock.advance(0);
  assert.equal(spawn.children.length, 1);
  await stop();
  const early = supervise(nothing, { plan });
  await early.stop();
  assert.equal(early.spawn.children.length, 0);
  assert.deepEqual(early.ends, []);
});

Deno.test("superviseFping() goes on trying while fping cannot be asked what it is", async () => {
  let asked = 0;
  const detect = () =>
    ++asked < 3
      ? Promise.reject(new Deno.errors.NotFound("no fping"))
      : Promise.resolve({ version: "5.5", checkSource: true });
  const { spawn, clock, ends, stop } = supervise(nothing, { detect });
  await clock.advance(1200);
  assert.deepEqual(ends, ["start_failed 100", "start_failed 1000"]);
  assert.ok(spawn.last.request.args.includes("--check-source"));
  await stop();
});

Deno.test("superviseFping() moves process ids on after a foreign reply, before the next run", async () => {
  const { spawn, clock, ends, stop } = supervise((child) => {
    if (child.request.args[0] === "--version") return child.exit(0);
    if (spawn.children.length === 0) child.complain(" [<- 10.0.0.9]");
  });
  await clock.advance(1000);
  assert.deepEqual(ends, ["wrong_source 100"]);
  const [first, ...others] = spawn.children.map(({ request }) => request.args[0]);
  assert.equal(first, "-l");
  assert.equal(others.pop(), "-l");
  assert.ok(others.length >= 1 && others.length <= 16 && new Set(others).size === 1);
  await stop();
});

Deno.test("superviseFping() reports no end that was asked for", async () => {
  const { spawn, clock, ends, stop } = supervise(nothing);
  await clock.advance(0);
  await stop();
  assert.deepEqual(spawn.last.signals, ["SIGKILL"]);
  assert.deepEqual(ends, []);
});

Deno.test("Prober shortens the period by its drift, and never lengthens it", async () => {
  for (const [random, expectedMs] of [[0, 500], [0.5, 499], [0.999, 498.002]] as const) {
    const { prober, spawn, clock } = makeProber("raw", () => random);
    prober.probe(["10.0.0.1"], []);
    await clock.advance(10);
    const { args } = spawn.last.request;
    const periodMs = Number(args[args.indexOf("-p") + 1]);
    assert.equal(periodMs, expectedMs);
    await prober.close();
  }
});
