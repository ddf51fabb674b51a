import assert from "node:assert/strict";
import { fpingArgs, planProcesses } from "./plan.ts";
import type { ProbeSettings } from "./plan.ts";

const raw: ProbeSettings = { periodMs: 500, timeoutMs: 1000, sizeBytes: 56, sockets: "raw" };
const addresses = (count: number) =>
  Array.from({ length: count }, (_, i) => `10.0.${i >> 8}.${i & 255}`);

Deno.test("planProcesses() paces one process over three quarters of the period", () => {
  const cases: readonly [number, number][] = [[1, 374.91], [100, 3.66], [1000, 0.285], [
    2500,
    0.08,
  ]];
  for (const [count, intervalMs] of cases) {
    const plans = planProcesses(addresses(count), [], raw);
    assert.deepEqual(plans, [{ targets: addresses(count), intervalMs, startDelayMs: 0 }]);
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
  const plans = planProcesses(addresses(1002), [], { ...raw, sockets: "ping" });
  assert.equal(plans.length, 11);
  assert.ok(plans.every((plan) => plan.intervalMs === 0 && plan.targets.length <= 100));
  assert.deepEqual(plans.map((plan) => Math.round(plan.startDelayMs)).slice(0, 3), [0, 45, 91]);
});

Deno.test("planProcesses() keeps ping sockets within fping's sequence numbers, too", () => {
  const plans = planProcesses(addresses(100), [], { ...raw, sockets: "ping", periodMs: 10 });
  assert.deepEqual(plans.map((plan) => plan.targets.length), [50, 50]);
});

Deno.test("planProcesses() puts the canaries into each process, but for those that are targets", () => {
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
  const plan = { targets: ["10.0.0.1"], intervalMs: 4.41, startDelayMs: 0 };
  const old = fpingArgs(plan, raw, { version: "5.1", checkSource: false });
  assert.equal(old.join(" "), "-l -D -p 500 -t 1000 -i 4.41 -b 56 -f -");
  const recent = fpingArgs(plan, raw, { version: "5.5", checkSource: true });
  assert.equal(recent.join(" "), "-l -D -p 500 -t 1000 -i 4.41 -b 56 --check-source -f -");
});
