import assert from "node:assert/strict";
import { Measurement } from "./measurement.ts";
import { readSettings } from "./settings.ts";
import type { NodeList } from "../nodes/node_list.ts";
import { AgentStatus } from "../metrics/agent_status.ts";
import { FakeClock } from "../../tests/fakes/clock.ts";
import { FakeLog } from "../../tests/fakes/log.ts";
import { FakeSpawn } from "../../tests/fakes/spawn.ts";

/** A measurement by fake fpings of version 5.5 that print nothing of probes by themselves. */
function makeMeasurement(args: readonly string[], addresses: readonly string[] = []): {
  measurement: Measurement;
  apply: (list: NodeList) => void;
  /** Addresses of this machine. */
  interfaces: string[];
  status: AgentStatus;
  clock: FakeClock;
  spawn: FakeSpawn;
  log: FakeLog;
} {
  const result = readSettings({ args: ["--node=node-0", ...args] });
  if (result.kind !== "valid") throw new Error(JSON.stringify(result));
  const clock = new FakeClock(1_795_000_000_000);
  const status = new AgentStatus();
  const log = new FakeLog();
  const interfaces = ["127.0.0.1", "::1", "10.0.0.250"];
  const spawn = new FakeSpawn((child) => {
    if (!child.request.args[0]?.startsWith("--")) return;
    child.print("fping: Version 5.5\n");
    child.exit(0);
  });
  const measurement = new Measurement(result.settings, {
    ...{ spawn: spawn.spawn, clock, log },
    beatClock: clock,
    rest: (signal) => clock.sleep(200, signal).catch(() => undefined),
    lookup: () => Promise.resolve(addresses),
    interfaceAddresses: () => interfaces,
  }, status);
  const apply = (list: NodeList) => measurement.apply(list, { invalid: 0, unusable_address: 0 });
  return { measurement, apply, interfaces, status, clock, spawn, log };
}

Deno.test("Measurement counts a step of the clock once, however many fpings notice it", async () => {
  const args = ["--sockets=ping", "--mesh-degree=full"];
  const { measurement, apply, status, clock, spawn } = makeMeasurement(args);
  const stop = new AbortController();
  const watching = measurement.watch(stop.signal);
  const nodes = Array.from({ length: 250 }, (_, index) => ({
    name: `node-${index + 1}`,
    ipAddress: `10.0.0.${index + 1}`,
  }));
  apply({ nodes, externalTargets: [] });
  await clock.advance(600);
  const probing = () => spawn.children.filter(({ request }) => request.args[0] === "-l").length;
  assert.equal(probing(), 3);
  clock.stepWall(5000);
  await clock.advance(2000);
  assert.equal(probing(), 6);
  assert.equal(status.fpingRestarts.get("clock_step"), 3);
  assert.equal(status.clockSteps, 1);
  for (let step = 0; step < 10; step++) {
    clock.stepWall(-5000);
    await clock.advance(1000);
  }
  assert.equal(status.clockSteps, 11, "also those that come while restarts back off");
  assert.ok((status.fpingRestarts.get("clock_step") ?? 0) <= 3 * 6, "restarts back off");
  stop.abort();
  await watching;
  await measurement.close();
});

Deno.test("Measurement gives fping the address of a name, once it is known", async () => {
  const { measurement, apply, status, clock, spawn } = makeMeasurement([], ["192.0.2.9"]);
  const externalTargets = [{ name: "uplink", host: "gw.example" }];
  apply({ nodes: [{ name: "node-1", ipAddress: "10.0.0.1" }], externalTargets });
  assert.equal(status.targets, 1);
  await clock.advance(2000);
  assert.equal(status.targets, 2);
  const input = spawn.last.request.input?.trim().split("\n").sort();
  assert.deepEqual(input, ["10.0.0.1", "127.0.0.1", "192.0.2.9"]);
  await measurement.close();
});

Deno.test("Measurement says when its own node is not in the list", async () => {
  const { measurement, apply, status, log } = makeMeasurement([]);
  const own = { name: "node-0", ipAddress: "10.0.0.7" };
  const other = { name: "node-1", ipAddress: "10.0.0.1" };
  apply({ nodes: [own, other], externalTargets: [] });
  assert.deepEqual([status.inNodeList, log.messages("warn")], [true, []]);
  apply({ nodes: [other], externalTargets: [] });
  assert.equal(status.inNodeList, false);
  assert.match(log.messages("warn").join(), /^This node is not in the node list/);
  await measurement.close();
});

Deno.test("Measurement says which fping it has found, and when it measures again, once each", async () => {
  const { measurement, apply, clock, spawn, log } = makeMeasurement([]);
  const stop = new AbortController();
  const watching = measurement.watch(stop.signal);
  apply({ nodes: [{ name: "node-1", ipAddress: "10.0.0.1" }], externalTargets: [] });
  await clock.advance(1500);
  const news = () => log.messages("info").filter((text) => /fping/.test(text));
  assert.deepEqual(news(), ["fping is found"]);
  for (let start = 0; start < 2; start++) {
    const stamp = (clock.wallMs() / 1000).toFixed(5);
    spawn.last.print(`[${stamp}] 127.0.0.1 : [0], 64 bytes, 0.05 ms (0.05 avg, 0% loss)\n`);
    await clock.advance(1500);
    spawn.last.exit(4);
    // The new one is there, and has its reply, before anybody looks.
    await clock.advance(150);
  }
  const measures = "This node measures: each fping has had a reply";
  assert.deepEqual(news(), ["fping is found", measures, measures]);
  stop.abort();
  await watching;
  await measurement.close();
});

Deno.test("Measurement logs the end of a loss burst with its start, duration and count", async () => {
  const { measurement, apply, clock, spawn, log } = makeMeasurement([]);
  apply({
    nodes: [{ name: "node-1", ipAddress: "10.0.0.1" }],
    externalTargets: [],
  });
  await clock.advance(600);
  for (let sequence = 0; sequence < 6; sequence++) {
    const stamp = `[${(clock.wallMs() / 1000).toFixed(5)}] 10.0.0.1 : [${sequence}],`;
    spawn.last.print(
      sequence === 0 || sequence === 5
        ? `${stamp} 64 bytes, 1 ms (1 avg, 0% loss)\n`
        : `${stamp} timed out (NaN avg, 100% loss)\n`,
    );
    await clock.advance(1500);
  }
  const [line] = log.lines.filter(({ message }) => message === "A loss burst ended");
  const { start, duration_s, probes_lost, destination, address } = line?.fields ?? {};
  assert.deepEqual([destination, address, probes_lost], ["node-1", "10.0.0.1", 4]);
  assert.equal(start, new Date(1_795_000_000_000 + 600 + 1500 - 1000).toISOString());
  assert.ok(Math.abs(Number(duration_s) - 7) < 0.01, String(duration_s));
  await measurement.close();
});

Deno.test("Measurement probes no address of this machine, and takes it up again when it has left", async () => {
  const { measurement, apply, interfaces, status, clock, spawn, log } = makeMeasurement([]);
  const stop = new AbortController();
  const watching = measurement.watch(stop.signal);
  const nodes = [
    { name: "node-0", ipAddress: "10.0.0.7" },
    { name: "twin", ipAddress: "10.0.0.7" },
    { name: "moving", ipAddress: "10.0.0.250" },
    { name: "node-1", ipAddress: "10.0.0.1" },
  ];
  apply({ nodes, externalTargets: [{ name: "vip", host: "10.0.0.250" }] });
  await clock.advance(1000);
  const probed = () => spawn.last.request.input?.trim().split("\n").sort().join(" ");
  assert.equal(probed(), "10.0.0.1 10.0.0.7 127.0.0.1", "the own address proves that fping works");
  assert.deepEqual([status.targets, status.skippedEntries.own_address], [1, 2]);
  assert.equal(
    log.messages("warn").filter((text) => /address of this machine/.test(text)).length,
    2,
  );
  assert.match(log.messages("info").join(), /external target is at an address of this machine/);
  apply({ nodes, externalTargets: [] });
  assert.equal(log.messages("warn").length, 2, "what was logged is not logged again");
  interfaces.pop();
  await clock.advance(60_000);
  assert.equal(probed(), "10.0.0.1 10.0.0.250 10.0.0.7 127.0.0.1");
  assert.equal(status.skippedEntries.own_address, 1);
  stop.abort();
  await watching;
  await measurement.close();
});

Deno.test("Measurement counts a name without any address, and says what to do", async () => {
  const { measurement, apply, status, clock, log } = makeMeasurement([], []);
  apply({ nodes: [{ name: "node-1", ipAddress: "nobody.example" }], externalTargets: [] });
  await clock.advance(2000);
  assert.equal(status.unresolvedTargets(), 1);
  assert.match(log.messages("warn").join(), /Cannot resolve a destination, which is not measured/);
  apply({ nodes: [], externalTargets: [] });
  assert.equal(status.unresolvedTargets(), 0);
  await measurement.close();
});
