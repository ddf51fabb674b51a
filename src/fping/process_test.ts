import assert from "node:assert/strict";
import { runFping } from "./process.ts";
import type { FpingRunOptions, RunEnd } from "./process.ts";
import { FakeClock, settled } from "../../tests/fakes/clock.ts";
import { FakeSpawn } from "../../tests/fakes/spawn.ts";
import type { FakeChild } from "../../tests/fakes/spawn.ts";

const a = "10.0.0.1";
const startSeconds = 1_795_000_000;

/** A run of a fake fping, what it has reported, and its end. */
function startRun(script?: (child: FakeChild) => void, waitMs = 1000): {
  child: FakeChild;
  clock: FakeClock;
  reported: string[];
  ended: Promise<RunEnd>;
  controller: AbortController;
} {
  const fake = new FakeSpawn(script);
  const clock = new FakeClock(startSeconds * 1000);
  const reported: string[] = [];
  const controller = new AbortController();
  const options: FpingRunOptions = {
    fping: "/usr/bin/fping",
    plan: {
      ...{ targets: ["127.0.0.1", a], periodMs: 500, timeoutMs: waitMs },
      ...{ intervalMs: 3, startDelayMs: 0 },
    },
    settings: { periodMs: 500, timeoutMs: 1000, sizeBytes: 56, sockets: "raw", pacing: "spread" },
    features: { version: "5.1", checkSource: false },
    spawn: fake.spawn,
    clock,
    beatClock: clock,
    rest: (signal) => clock.sleep(200, signal).catch(() => undefined),
    sink: {
      outcomesOf: (target) => ({ kind }) => void reported.push(`${target} ${kind}`),
      icmpError: (target, type) => void reported.push(`${target} ${type}`),
      wrongSource: (address) => void reported.push(`foreign ${address}`),
      unparsedLine: (line) => void reported.push(`unparsed ${line.slice(0, 20)}`),
      message: (text) => void reported.push(`message ${text}`),
      noReplies: () => void reported.push("no replies"),
    },
    onOutput: () => void reported.push("output"),
    onReply: () => void reported.push("reply seen"),
  };
  const ended = runFping(options, controller.signal);
  return { child: fake.last, clock, reported, ended, controller };
}

const at = (clock: FakeClock) => (clock.wallMs() / 1000).toFixed(5);
const reply = (clock: FakeClock, target: string, sequence: number) =>
  `[${at(clock)}] ${target} : [${sequence}], 64 bytes, 0.054 ms (0.054 avg, 0% loss)\n`;
const timeout = (clock: FakeClock, target: string, sequence: number) =>
  `[${at(clock)}] ${target} : [${sequence}], timed out (NaN avg, 100% loss)\n`;

Deno.test("runFping() gives fping its arguments, and the targets on standard input", async () => {
  const { child, ended } = startRun();
  assert.equal(child.request.command, "/usr/bin/fping");
  assert.equal(child.request.args.join(" "), "-l -D -p 500 -t 1000 -i 3 -b 56 -f -");
  assert.equal(child.request.input, "127.0.0.1\n10.0.0.1\n");
  child.exit(0);
  await ended;
});

Deno.test("runFping() reports outcomes, and once its first line and its first reply", async () => {
  const { child, clock, reported, ended } = startRun();
  child.print(reply(clock, "127.0.0.1", 0) + reply(clock, a, 0).slice(0, 30));
  child.print(reply(clock, a, 0).slice(30) + reply(clock, a, 0));
  await clock.advance(1200);
  child.print(timeout(clock, a, 1));
  await clock.advance(400);
  child.exit(1);
  assert.deepEqual(await ended, {
    kind: "exited",
    status: { code: 1, signal: null },
    message: "",
  });
  assert.deepEqual(reported, [
    "127.0.0.1 reply",
    "output",
    "reply seen",
    `${a} reply`,
    `${a} duplicate`,
    `${a} lost`,
  ]);
});

Deno.test("runFping() counts rubbish, foreign targets, a half line and a line without end", async () => {
  const { child, clock, reported, ended } = startRun();
  child.print(`rubbish\n${reply(clock, "10.9.9.9", 0)}${"x".repeat(5000)}`);
  await clock.advance(300);
  child.print("half a li");
  child.exit(1);
  await ended;
  assert.deepEqual(reported, [
    "unparsed rubbish",
    `unparsed [${startSeconds}.00000] 1`,
    `unparsed ${"x".repeat(20)}`,
    "unparsed half a li",
  ]);
});

Deno.test("runFping() knows nothing of a probe whose line it cannot read", async () => {
  const { child, clock, reported, ended } = startRun();
  for (let sequence = 0; sequence < 12; sequence++) {
    const line = reply(clock, a, sequence);
    child.print(reply(clock, "127.0.0.1", sequence) + (sequence === 4 ? `x${line}` : line));
    await clock.advance(500);
  }
  child.exit(1);
  await ended;
  assert.equal(reported.filter((text) => text === `${a} reply`).length, 11);
  assert.deepEqual(reported.filter((text) => /refused|lost/.test(text)), []);
  assert.equal(reported.filter((text) => text.startsWith("unparsed")).length, 1);
});

Deno.test("runFping() keeps what fping said last for the end, and passes ICMP errors on", async () => {
  const { child, reported, ended } = startRun();
  child.complain(`ICMP Host Unreachable from 10.0.0.9 for ICMP Echo sent to ${a}\n`);
  child.complain("fping: can't create socket");
  child.exit(4);
  assert.deepEqual(await ended, {
    kind: "exited",
    status: { code: 4, signal: null },
    message: "fping: can't create socket",
  });
  assert.deepEqual(reported, [`${a} host_unreachable`, "message fping: can't create socket"]);
});

Deno.test("runFping() returns that fping cannot be started", async () => {
  const error = new Deno.errors.NotFound("no fping");
  const fake = new FakeSpawn(() => {
    throw error;
  });
  const unused = () => assert.fail("nothing runs");
  const end = await runFping({
    fping: "/none",
    plan: { targets: [], periodMs: 500, timeoutMs: 1000, intervalMs: 3, startDelayMs: 0 },
    settings: { periodMs: 500, timeoutMs: 1000, sizeBytes: 56, sockets: "raw", pacing: "spread" },
    features: { version: "5.1", checkSource: false },
    spawn: fake.spawn,
    clock: new FakeClock(),
    beatClock: new FakeClock(),
    rest: () => Promise.resolve(),
    sink: {
      ...{ outcomesOf: unused, icmpError: unused, wrongSource: unused },
      ...{ unparsedLine: unused, message: unused, noReplies: unused },
    },
    onOutput: unused,
    onReply: unused,
  }, new AbortController().signal);
  assert.deepEqual(end, { kind: "start_failed", error });
});

Deno.test("runFping() kills a silent fping after two periods and the timeout, and a little", async () => {
  const { child, clock, reported, ended } = startRun();
  child.print(reply(clock, a, 0));
  await clock.advance(300);
  await clock.advance(2000);
  assert.deepEqual(child.signals, []);
  await clock.advance(1200);
  const end = await ended;
  assert.ok(end.kind === "silent" && end.silentMs > 2400 && end.silentMs < 3500, String(end.kind));
  assert.deepEqual(child.signals, ["SIGKILL"]);
  assert.ok(!reported.some((text) => text.endsWith("lost")), "silence is not loss");
});

Deno.test("runFping() does not blame fping when the agent itself was not running", async () => {
  const { child, clock, ended, controller } = startRun();
  child.print(reply(clock, a, 0));
  await clock.advance(1000);
  await clock.freeze(25_000);
  child.print(reply(clock, a, 1));
  await clock.advance(1000);
  assert.deepEqual(child.signals, []);
  controller.abort();
  assert.deepEqual(await ended, { kind: "stopped" });
});

Deno.test("runFping() ends at a step of the clock, and emits none of what came with it", async () => {
  for (const stepMs of [-3000, 60_000]) {
    const { child, clock, reported, ended } = startRun();
    child.print(reply(clock, a, 0));
    await clock.advance(250);
    const before = [...reported];
    // They are read before the watchdog looks again, which would notice the step, too.
    child.print(reply(clock, a, 1) + reply(clock, a, 2));
    clock.stepWall(stepMs);
    await clock.advance(500);
    assert.deepEqual(await ended, { kind: "clock_step", stepMs });
    assert.deepEqual(reported, before);
  }
});

Deno.test("runFping() ends at a round-trip time or time stamp that only a step explains", async () => {
  for (const [seconds, rtt] of [[0, "-2.8e+03"], [60, "0.05"]] as const) {
    const { child, clock, reported, ended } = startRun();
    const stamp = (startSeconds + seconds).toFixed(5);
    child.print(`[${stamp}] ${a} : [1], 64 bytes, ${rtt} ms (-560 avg, 0% loss)\n`);
    child.print(reply(clock, a, 2));
    await clock.advance(300);
    assert.deepEqual(await ended, { kind: "clock_step" });
    assert.deepEqual(reported, []);
  }
});

Deno.test("runFping() trusts no reply of a slice in which a foreign one came", async () => {
  const { child, clock, reported, ended } = startRun();
  child.print(reply(clock, a, 0));
  child.complain(" [<- 10.0.0.9]");
  await clock.advance(300);
  assert.deepEqual(await ended, { kind: "wrong_source", address: "10.0.0.9" });
  assert.deepEqual(reported, ["foreign 10.0.0.9"]);
});

Deno.test("runFping() says once that there are no replies, and invents no loss", async () => {
  const { child, clock, reported, ended } = startRun();
  for (let sequence = 0; sequence < 20; sequence++) {
    child.print(timeout(clock, "127.0.0.1", sequence) + timeout(clock, a, sequence));
    await clock.advance(500);
    assert.equal(reported.includes("no replies"), sequence > 9, "five seconds are left to it");
  }
  assert.deepEqual(reported, ["output", "no replies"]);
  child.exit(0);
  await ended;
});

Deno.test("runFping() counts what fping had printed before it was stopped", async () => {
  const { child, clock, reported, ended, controller } = startRun();
  child.print(reply(clock, a, 0));
  await settled();
  controller.abort();
  assert.deepEqual(await ended, { kind: "stopped" });
  assert.ok(reported.includes(`${a} reply`));
  assert.deepEqual(child.signals, ["SIGKILL"]);
});

Deno.test("runFping() takes what comes after the timeout for lost, where fping waits longer", async () => {
  const { child, clock, reported, ended } = startRun(undefined, 1250);
  child.print(reply(clock, "127.0.0.1", 0) + reply(clock, a, 0));
  const took = (sequence: number, ms: string) =>
    reply(clock, a, sequence).replace("0.054 ms", `${ms} ms`);
  await clock.advance(1500);
  child.print(took(1, "1000") + took(2, "1001"));
  await clock.advance(500);
  child.print(took(2, "1240"));
  await clock.advance(500);
  child.exit(1);
  await ended;
  assert.deepEqual(reported.filter((text) => text.startsWith(a)), [
    `${a} reply`,
    `${a} reply`,
    `${a} lost`,
  ]);
});
