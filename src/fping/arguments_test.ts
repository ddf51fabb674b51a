import assert from "node:assert/strict";
import { detectFping, fpingArgs, planProcesses } from "./arguments.ts";
import type { ProbeSettings } from "./arguments.ts";
import { makeRandom } from "../../tests/fakes/random.ts";
import { FakeSpawn } from "../../tests/fakes/spawn.ts";

const never = new AbortController().signal;

/** An fping that answers --version and --help with these texts. */
function fpingSaying(version: string, help: string): FakeSpawn {
  return new FakeSpawn((child) => {
    child.print(child.request.args[0] === "--version" ? version : help);
    child.exit(0);
  });
}

Deno.test("detectFping() reads version and features of fping 5.1 and 5.5", async () => {
  const old = fpingSaying("fping: Version 5.1\nfping: comments to x\n", "Usage: fping [options]");
  assert.deepEqual(await detectFping(old.spawn, "/fping", never), {
    version: "5.1",
    checkSource: false,
  });
  assert.deepEqual(old.children.map(({ request }) => request.args), [["--version"], ["--help"]]);
  const recent = fpingSaying(
    "/usr/bin/fping: Version 5.5\n",
    "       --check-source   discard replies not from target address\n",
  );
  assert.deepEqual(await detectFping(recent.spawn, "/fping", never), {
    version: "5.5",
    checkSource: true,
  });
});

Deno.test("detectFping() says what a program printed that is no fping", async () => {
  const { spawn } = fpingSaying("hello\n", "");
  await assert.rejects(detectFping(spawn, "/bin/echo", never), {
    message: 'Cannot find a version in what "/bin/echo --version" prints: "hello"',
  });
});

Deno.test("detectFping() refuses an fping that says nothing of lost probes", async () => {
  for (const version of ["3.13", "4.2", "4.4"]) {
    const { spawn } = fpingSaying(`/usr/bin/fping: Version ${version}\n`, "Usage: fping");
    await assert.rejects(detectFping(spawn, "fping", never), {
      message: `fping ${version} says nothing of lost probes: 5.1 or newer is needed`,
    });
  }
  for (const version of ["5.0", "5.10", "10.1"]) {
    const { spawn } = fpingSaying(`fping: Version ${version}\n`, "Usage: fping");
    assert.equal((await detectFping(spawn, "fping", never)).version, version);
  }
});

Deno.test("detectFping() rejects when fping is missing, and when its signal is aborted", async () => {
  const { spawn } = new FakeSpawn(() => {
    throw new Deno.errors.NotFound("no fping");
  });
  await assert.rejects(detectFping(spawn, "/fping", never), Deno.errors.NotFound);
  const reason = new Error("SIGTERM");
  await assert.rejects(detectFping(spawn, "/fping", AbortSignal.abort(reason)), /SIGTERM/);
});

const raw: ProbeSettings = {
  ...{ periodMs: 500, timeoutMs: 1000, sizeBytes: 56 },
  ...{ sockets: "raw", pacing: "spread" },
};
const bursts: ProbeSettings = { ...raw, pacing: "bursts" };
const addresses = (count: number) =>
  Array.from({ length: count }, (_, i) => `10.0.${i >> 8}.${i & 255}`);

Deno.test("planProcesses() paces one process over three quarters of the period", () => {
  const cases: readonly [number, number][] = [[1, 374.91], [100, 3.66], [1000, 0.285], [
    2500,
    0.08,
  ]];
  for (const [count, intervalMs] of cases) {
    const plans = planProcesses(addresses(count), [], raw);
    const plan = {
      targets: addresses(count),
      periodMs: 500,
      timeoutMs: 1000,
      intervalMs,
      startDelayMs: 0,
    };
    assert.deepEqual(plans, [plan]);
    const ping = planProcesses(addresses(count), [], { ...raw, sockets: "ping" });
    assert.deepEqual(ping, plans, "of either kind of sockets");
  }
});

Deno.test("planProcesses() adds a process before fping runs out of sequence numbers", () => {
  const plans = planProcesses(addresses(2501), [], raw);
  assert.deepEqual(plans.map((plan) => plan.targets.length), [1251, 1250]);
  assert.deepEqual(plans.map((plan) => plan.startDelayMs), [0, 250]);
  assert.deepEqual(new Set(plans.flatMap((plan) => plan.targets)), new Set(addresses(2501)));
  assert.equal(planProcesses(addresses(2500), [], { ...raw, periodMs: 250 }).length, 2);
});

Deno.test("planProcesses() never asks for an interval at which catching up kills fping", () => {
  for (const periodMs of [1, 10, 100, 500, 1000, 60_000]) {
    for (const count of [1, 2, 7, 300, 5000]) {
      for (const plan of planProcesses(addresses(count), [], { ...raw, periodMs })) {
        assert.ok(plan.intervalMs >= 0.08);
        assert.ok(plan.targets.length * 1000 / periodMs <= 5000);
      }
    }
  }
});

Deno.test("planProcesses() lets no burst of a ping socket exceed 100 packets", () => {
  const plans = planProcesses(addresses(1002), [], { ...bursts, sockets: "ping" });
  assert.equal(plans.length, 11);
  assert.ok(plans.every((plan) => plan.intervalMs === 0 && plan.targets.length <= 100));
  assert.deepEqual(plans.map((plan) => Math.round(plan.startDelayMs)).slice(0, 3), [0, 45, 91]);
});

Deno.test("planProcesses() lets no burst of a raw socket exceed 200 packets, in three processes at most", () => {
  const sizes = (count: number) =>
    planProcesses(addresses(count), [], bursts)
      .map(({ targets, intervalMs }) => [targets.length, intervalMs]);
  assert.deepEqual(sizes(64), [[64, 0]]);
  assert.deepEqual(sizes(200), [[200, 0]]);
  assert.deepEqual(sizes(201), [[101, 0], [100, 0]]);
  assert.deepEqual(sizes(600), [[200, 0], [200, 0], [200, 0]]);
  assert.deepEqual(
    planProcesses(addresses(601), [], bursts),
    planProcesses(addresses(601), [], raw),
  );
  const starts = planProcesses(addresses(600), [], bursts).map((plan) => plan.startDelayMs);
  assert.deepEqual(starts.map(Math.round), [0, 167, 333]);
});

Deno.test("planProcesses() spreads requests of more data than bursts were measured with", () => {
  const withSize = (settings: ProbeSettings, sizeBytes: number) =>
    planProcesses(addresses(199), [], { ...settings, sizeBytes });
  for (const sockets of ["raw", "ping"] as const) {
    const [small, large] = [128, 129].map((size) => withSize({ ...bursts, sockets }, size));
    assert.ok(small?.every(({ intervalMs }) => intervalMs === 0));
    assert.deepEqual(large, withSize({ ...raw, sockets }, 129));
  }
});

Deno.test("planProcesses() lets the period of bursts drift, and that of paced processes stand", () => {
  assert.equal(planProcesses(addresses(10), [], bursts, 0.9985)[0]?.periodMs, 499.25);
  assert.equal(planProcesses(addresses(10), [], raw, 0.9985)[0]?.periodMs, 500);
});

Deno.test("planProcesses() keeps ping sockets within fping's sequence numbers, too", () => {
  const plans = planProcesses(addresses(100), [], { ...bursts, sockets: "ping", periodMs: 10 });
  assert.deepEqual(plans.map((plan) => plan.targets.length), [50, 50]);
});

Deno.test("planProcesses() puts the own targets into each process, but for those that are targets", () => {
  const plans = planProcesses(addresses(2501), ["127.0.0.1", "10.0.0.7"], raw);
  assert.deepEqual(plans.map((plan) => plan.targets.slice(0, 2)), [
    ["127.0.0.1", "10.0.0.0"],
    ["127.0.0.1", "10.0.0.1"],
  ]);
  assert.deepEqual(planProcesses([], ["127.0.0.1"], raw).map((plan) => plan.targets), [[
    "127.0.0.1",
  ]]);
});

Deno.test("fpingArgs() is the command line, with --check-source where fping has it", () => {
  const plan = {
    targets: ["10.0.0.1"],
    periodMs: 500,
    timeoutMs: 1000,
    intervalMs: 4.41,
    startDelayMs: 0,
  };
  const old = fpingArgs(plan, raw, { version: "5.1", checkSource: false });
  assert.equal(old.join(" "), "-l -D -p 500 -t 1000 -i 4.41 -b 56 -f -");
  const recent = fpingArgs(plan, raw, { version: "5.5", checkSource: true });
  assert.equal(recent.join(" "), "-l -D -p 500 -t 1000 -i 4.41 -b 56 --check-source -f -");
});

Deno.test("planProcesses() leaves fping room for the timeouts under way, at every period", () => {
  const timeoutAt = (periodMs: number, drift = 1) => {
    const [plan] = planProcesses(addresses(10), [], { ...bursts, periodMs }, drift);
    return plan?.timeoutMs;
  };
  for (const periodMs of [500, 498, 499.5, 600, 1000, 2000, 60_000]) {
    const kept = periodMs === 600 ? 1201 : 1000;
    assert.equal(timeoutAt(periodMs), kept, `${periodMs}`);
  }
  assert.deepEqual([500.8, 501, 525, 1001, 335].map((ms) => timeoutAt(ms)), [
    ...[1003, 1003, 1051, 1002, 1006],
  ]);
  assert.equal(timeoutAt(501, 0.997), 1000, "the drift has made it 499.497");
  const random = makeRandom(21);
  for (let i = 0; i < 10_000; i++) {
    const [periodMs, timeoutMs] = [10 + 5000 * random(), 10 + 5000 * random()];
    const [plan] = planProcesses(addresses(1), [], { ...bursts, periodMs, timeoutMs });
    assert.ok(plan !== undefined && plan.timeoutMs >= timeoutMs);
    // As fping computes it, which reads both as floats of 32 bits.
    const [period, timeout] = [Math.fround(plan.periodMs), Math.fround(plan.timeoutMs)];
    const roomMs = (1 + Math.floor(timeout / period)) * period - timeout;
    assert.ok(roomMs >= 0.45 * period - 1.01, `${periodMs} ${timeoutMs} ${roomMs}`);
  }
});
