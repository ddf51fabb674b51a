import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { AgentStatus } from "./agent_status.ts";
import type { MetricSource } from "./agent_status.ts";
import { exposition, makeRegistry } from "./exposition.ts";
import type { RegistryOptions } from "./exposition.ts";
import { families } from "./families.ts";
import { flantFamilies } from "./flant.ts";
import { pairLabelsOf } from "./samples.ts";
import { Pairs } from "../pairs/pairs.ts";
import type { Destination } from "../targets/destination.ts";

const plain: RegistryOptions = {
  flantCompatibility: false,
  pairMetrics: "all",
  pairDistribution: false,
};
const node: Destination = { kind: "node", name: "b", address: "10.0.0.2", zone: "z2" };
const external: Destination = { kind: "external", name: "gw", address: "192.0.2.1" };

/** A source with these destinations, whose own zone and time can be set. */
function makeSource(
  ...destinations: Destination[]
): MetricSource & { pairs: Pairs; set: { zone: string | undefined; nowMs: number } } {
  const pairs = new Pairs({
    totals: { windowMs: 60_000, periodMs: 500, maxSilenceMs: 6000, distribution: false },
    onLossRun: () => {},
  });
  pairs.replace(destinations);
  pairs.route(({ address }) => address);
  const set = { zone: undefined as string | undefined, nowMs: 0 };
  return {
    ...{ pairs, set, status: new AgentStatus(), sourceNode: "a", version: "1", denoVersion: "2" },
    periodSeconds: 0.5,
    sourceZone: () => set.zone,
    measuring: () => false,
    monotonicMs: () => set.nowMs,
    wallMs: () => 1500,
  };
}

const decoded = (part: Uint8Array) => new TextDecoder().decode(part);

async function text(source: MetricSource, options = plain): Promise<string> {
  let whole = "";
  for await (const part of exposition(makeRegistry(source, options))) whole += decoded(part);
  return whole;
}

Deno.test("exposition() has every counter at 0 as soon as its destination is known", async () => {
  const lines = (await text(makeSource(node))).split("\n");
  const counters = Object.values(families).filter(({ type }) => type === "counter");
  for (const { name } of counters) {
    const own = lines.filter((line) => line.startsWith(`${name}{`));
    assert.ok(own.length > 0 && own.every((line) => line.endsWith(" 0")), name);
  }
});

Deno.test("exposition() has each family once, in the order of the list, with its help and type", async () => {
  const registry = makeRegistry(makeSource(node), plain);
  let whole = "";
  for await (const part of exposition(registry)) whole += decoded(part);
  const expected = Object.values(families).filter((f) => f !== families.pairRttDistribution);
  assert.deepEqual(
    whole.match(/^# HELP .*\n# TYPE .*$/gm),
    expected.map(({ name, help, type }) => `# HELP ${name} ${help}\n# TYPE ${name} ${type}`),
  );
  assert.match(registry.contentType, /^text\/plain; version=0\.0\.4/);
});

Deno.test("exposition() has the families that are asked for, and no others", async () => {
  const registry = makeRegistry(makeSource(node), plain);
  const names = new Set([families.probesSent.name, "nodeping_unknown"]);
  let asked = "";
  for await (const part of exposition(registry, names)) asked += decoded(part);
  assert.deepEqual(asked.match(/(?<=^# TYPE )\S+/gm), [families.probesSent.name]);
});

Deno.test("makeRegistry() leaves loss, mean and cordon of a pair when it must cost little", async () => {
  const source = makeSource({ ...node, cordoned: true });
  const minimal = await text(source, { ...plain, pairMetrics: "minimal" });
  const ofPair = Object.values(families).filter(({ of }) => of === "pair").map(({ name }) => name);
  assert.deepEqual(ofPair.filter((name) => minimal.includes(`# TYPE ${name} `)), [
    "nodeping_probes_sent_total",
    "nodeping_probes_received_total",
    "nodeping_rtt_seconds_total",
    "nodeping_destination_cordoned",
  ]);
  assert.match(minimal, /^nodeping_agent_mesh_degree\{source_node="a"\} 0$/m);
});

Deno.test("makeRegistry() reads the totals anew at each exposition", async () => {
  const source = makeSource(node);
  const registry = makeRegistry(source, plain);
  const sent = async () => {
    const parts = await Array.fromAsync(exposition(registry, new Set([families.probesSent.name])));
    return /_sent_total\{.*\} (\d+)/.exec(parts.map(decoded).join(""));
  };
  assert.equal((await sent())?.[1], "0");
  source.pairs.record(source.pairs.routeOf(node.address), { kind: "lost", sentAtSeconds: 0 }, 0);
  assert.equal((await sent())?.[1], "1");
  source.pairs.replace([]);
  assert.equal(await sent(), null, "who is gone is not exported any more");
});

Deno.test("pairLabelsOf() gives the same object until the own zone or the destination changes", () => {
  const source = makeSource(node);
  const [pair] = source.pairs.all;
  assert.ok(pair !== undefined);
  const labels = pairLabelsOf(pair, source);
  assert.deepEqual(labels, {
    source_node: "a",
    destination_node: "b",
    destination_address: "10.0.0.2",
    destination_kind: "node",
    destination_zone: "z2",
  });
  assert.equal(pairLabelsOf(pair, source), labels);
  source.set.zone = "z1";
  assert.equal(pairLabelsOf(pair, source)["source_zone"], "z1");
  const moved = { ...pair, destination: { ...node, zone: "z3" } };
  assert.equal(pairLabelsOf(moved, source)["destination_zone"], "z3");
});

Deno.test("families read the window at the time of the exposition", () => {
  const source = makeSource(node);
  source.pairs.record(source.pairs.routeOf(node.address), {
    kind: "reply",
    rttSeconds: 0.002,
    sentAtSeconds: 0,
  }, 0);
  const values = () => Array.from(families.rttMin.read(source), ({ value }) => value);
  assert.deepEqual(values(), [0.002]);
  source.set.nowMs = 60_000;
  assert.deepEqual(values(), [], "absent, not 0");
});

Deno.test("a cordoned node is exported once, whatever its addresses, and no external", () => {
  const cordoned = { ...node, cordoned: true };
  const source = makeSource(cordoned, { ...cordoned, address: "fd00::2" }, external);
  assert.deepEqual([...families.destinationCordoned.read(source)], [
    { labels: { source_node: "a", destination_node: "b" }, value: 1 },
  ]);
});

Deno.test("families leave the hash out until a list is applied", () => {
  const source = makeSource();
  assert.deepEqual([...families.agentConfigInfo.read(source)], []);
  source.status.configHash = "abc";
  assert.deepEqual([...families.agentConfigInfo.read(source)], [
    { labels: { source_node: "a", hash: "abc" }, value: 1 },
  ]);
});

Deno.test("flantFamilies are the older families, in milliseconds, nodes apart from externals", async () => {
  assert.deepEqual(flantFamilies.map(({ name }) => name), [
    "kube_node_ping_packets_sent_total",
    "kube_node_ping_packets_received_total",
    "kube_node_ping_rtt_milliseconds_total",
    "kube_node_ping_rtt_min",
    "kube_node_ping_rtt_max",
    "kube_node_ping_rtt_mdev",
    "external_ping_packets_sent_total",
    "external_ping_packets_received_total",
    "external_ping_rtt_milliseconds_total",
    "external_ping_rtt_min",
    "external_ping_rtt_max",
    "external_ping_rtt_mdev",
  ]);
  const source = makeSource(node, external);
  for (const rttSeconds of [0.000169, 0.00338, 0.0421]) {
    source.pairs.record(source.pairs.routeOf(node.address), {
      kind: "reply",
      rttSeconds,
      sentAtSeconds: 0,
    }, 0);
  }
  const lines = (await text(source, { ...plain, flantCompatibility: true }))
    .split("\n").filter((line) => /^(kube_node|external)_ping/.test(line));
  const of = 'destination_node="b",destination_node_ip_address="10.0.0.2"';
  assert.deepEqual(lines, [
    `kube_node_ping_packets_sent_total{${of}} 3`,
    `kube_node_ping_packets_received_total{${of}} 3`,
    `kube_node_ping_rtt_milliseconds_total{${of}} 45.649`,
    `kube_node_ping_rtt_min{${of}} 0.169`,
    `kube_node_ping_rtt_max{${of}} 42.1`,
    `kube_node_ping_rtt_mdev{${of}} 19.054768`,
    'external_ping_packets_sent_total{destination_name="gw",destination_host="192.0.2.1"} 0',
    'external_ping_packets_received_total{destination_name="gw",destination_host="192.0.2.1"} 0',
    'external_ping_rtt_milliseconds_total{destination_name="gw",destination_host="192.0.2.1"} 0',
  ]);
});

Deno.test("exposition() shows every change, in families that seldom change too", async () => {
  const source = makeSource(node, external);
  const registry = makeRegistry(source, plain);
  const kept = async () => {
    let whole = "";
    for await (const part of exposition(registry)) whole += decoded(part);
    return whole;
  };
  const { pairs } = source;
  const lost = () =>
    pairs.record(pairs.routeOf(node.address), { kind: "lost", sentAtSeconds: 0 }, 0);
  const changes: Record<string, () => void> = {
    reply: () =>
      pairs.record(pairs.routeOf(node.address), {
        kind: "reply",
        rttSeconds: 0.002,
        sentAtSeconds: 0,
      }, 0),
    duplicate: () => pairs.record(pairs.routeOf(node.address), { kind: "duplicate" }, 0),
    refused: () =>
      pairs.record(pairs.routeOf(node.address), { kind: "refused", sentAtSeconds: 0 }, 0),
    burst: () => [lost(), lost(), lost()],
    "ICMP error": () => pairs.recordIcmpError(external.address, "prohibited"),
    "zone and cordon": () => {
      source.set.zone = "z1";
      pairs.replace([{ ...node, cordoned: true }, external]);
    },
    "destination gone": () => pairs.replace([node]),
  };
  for (const [change, make] of Object.entries(changes)) {
    const before = await kept();
    make();
    const after = await kept();
    assert.notEqual(after, before, change);
    assert.equal(after, await text(source), change);
  }
});

Deno.test("exposition() is of one moment, whatever comes while it is written", async () => {
  const source = makeSource(node);
  const registry = makeRegistry(source, plain);
  const total = (whole: string, { name }: { readonly name: string }) =>
    Number(new RegExp(`^${name}\\{.*\\} (\\d+)$`, "m").exec(whole)?.[1]);
  const answer = () =>
    source.pairs.record(source.pairs.routeOf(node.address), {
      kind: "reply",
      rttSeconds: 0.002,
      sentAtSeconds: 0,
    }, 0);
  const answerAgainAndAgain = async () => {
    for (let turn = 0; turn < 100; turn++) {
      await Promise.resolve();
      answer();
    }
  };
  for (let write = 0; write < 3; write++) {
    let whole = "";
    const answering = answerAgainAndAgain();
    for await (const part of exposition(registry)) {
      whole += decoded(part);
      answer();
      await delay(0);
    }
    await answering;
    const received = total(whole, families.probesReceived);
    assert.ok(write === 0 ? received >= 0 : received > 0, `${received} of write ${write}`);
    assert.equal(received, total(whole, families.probesSent));
  }
});

Deno.test("exposition() has help and type once, and every sample, of a family of any size", async () => {
  for (const count of [199, 200, 201, 400, 1000]) {
    const destinations = Array.from({ length: count }, (_, n): Destination => ({
      ...{ kind: "node", name: `n${n}`, address: `10.0.${n >> 8}.${n & 255}` },
    }));
    const lines = (await text(makeSource(...destinations))).split("\n");
    const { name, help } = families.probesSent;
    assert.deepEqual(lines.filter((line) => line.includes(` ${name} `)), [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} counter`,
    ]);
    const samples = lines.filter((line) => line.startsWith(`${name}{`));
    assert.deepEqual(
      samples.map((line) => /destination_node="(.*?)"/.exec(line)?.[1]),
      destinations.map(({ name }) => name),
    );
    assert.equal(lines.indexOf(""), lines.length - 1, "no empty line but the end");
  }
});

Deno.test("exposition() is of one moment, however slowly its parts are taken", async () => {
  const source = makeSource(node);
  const lost = { kind: "lost", sentAtSeconds: 0 } as const;
  let whole = "";
  for await (const part of exposition(makeRegistry(source, plain))) {
    whole += decoded(part);
    source.pairs.record(source.pairs.routeOf(node.address), lost, 0);
    source.pairs.recordIcmpError(node.address, "other");
  }
  for (const { name } of [families.probesSent, families.lossBursts, families.icmpErrors]) {
    const values = whole.split("\n").filter((line) => line.startsWith(`${name}{`));
    assert.ok(values.length > 0 && values.every((line) => line.endsWith(" 0")), name);
  }
});
