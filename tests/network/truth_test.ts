/** The counters of the real agent against a responder that counts: request for request. @module */

import assert from "node:assert/strict";
import type { Samples } from "../exposition.ts";
import { makeLaboratory, networkTest, nodesAt } from "./laboratory.ts";
import { actionFor } from "./responder_script.ts";
import type { Action, Rule, Script } from "./responder_script.ts";

const timeoutMs = 1000;

const drop: Action = { kind: "drop" };
const reply = (...delaysMs: number[]): Action => ({ kind: "reply", delaysMs });
const error =
  (kind: "host_unreachable" | "admin_prohibited" | "time_exceeded" | "net_unreachable") =>
  (from: string): Action => ({ kind: "error", error: kind, from });
const every = (step: number, offset: number, action: Action): Rule => ({
  requests: { kind: "every", step, offset },
  action,
});
const range = (from: number, to: number, action: Action): Rule => ({
  requests: { kind: "range", from, to },
  action,
});

const [router4, router6] = ["10.77.9.9", "fd77::99"] as const;

const script: Script = {
  "10.77.0.2": [],
  "10.77.0.3": [every(3, 1, drop)],
  "10.77.0.4": [range(4, 9, drop), range(11, 13, drop), range(14, 17, drop)],
  "10.77.0.5": [every(4, 0, reply(1200))],
  "10.77.0.6": [range(2, 3, reply(0, 0)), range(5, 6, reply(0, 1, 2)), range(7, 8, reply(0, 1500))],
  "10.77.0.7": [{ action: reply(700) }],
  "10.77.0.8": [every(2, 0, error("host_unreachable")(router4))],
  "10.77.0.9": [{ action: error("admin_prohibited")("10.77.0.9") }],
  "10.77.0.10": [{ action: error("time_exceeded")(router4) }],
  "10.77.0.11": [{ action: error("net_unreachable")(router4) }],
  "fd77::2": [],
  "fd77::3": [every(3, 1, drop)],
  "fd77::4": [{ action: error("host_unreachable")(router6) }],
  "fd77::5": [range(2, 4, reply(0, 0))],
};
const unroutable = ["192.0.2.1", "2001:db8::1"];

networkTest("every counter matches the responder request for request", async (fping, version) => {
  await using laboratory = await makeLaboratory({
    fping,
    nodes: nodesAt([...Object.keys(script), ...unroutable]),
    script,
  });
  const { agent, responder } = laboratory;
  const samples = await agent.waitFor(
    "22 probes of everything",
    (now) =>
      [...Object.keys(script), ...unroutable].every((address) => count(now, "sent", address) >= 22),
    25_000,
  );
  const records = await responder.records();
  for (const [address, rules] of Object.entries(script)) {
    const { requests, errors } = records.of(address);
    const sent = count(samples, "sent", address);
    // what was sent so long ago that its outcome is known must be counted, nothing else may be
    const writtenMs = 1000 * (samples.value("nodeping_agent_last_write_timestamp_seconds") ?? 0);
    const due = requests.filter(({ atMs }) => atMs < writtenMs - timeoutMs - 600).length;
    assert.ok(
      sent >= due && sent <= requests.length,
      `${address}: ${due} ${sent} ${requests.length}`,
    );
    assert.deepEqual(counted(samples, address), expected(rules, sent), address);
    assert.equal(new Set(requests.map(({ id }) => id)).size, 1, "one fping for all");
    const icmpErrors = samples.sum("nodeping_icmp_errors_total", { destination_address: address });
    const readable = address.includes(":") && version === "5.1" ? 0 : errors.length;
    assert.ok(
      icmpErrors <= readable && icmpErrors >= Math.min(readable, errorsIn(rules, sent)),
      address,
    );
  }
  for (const address of unroutable) {
    const sent = count(samples, "sent", address);
    assert.equal(count(samples, "send_failures", address), sent);
    assert.equal(count(samples, "received", address), 0);
  }
  assertTimes(samples);
  assertErrorTypes(samples, version);
  for (const name of ["unparsed_lines", "wrong_source", "clock_steps", "fping_restarts"]) {
    assert.equal(samples.sum(`nodeping_agent_${name}_total`), 0, name);
  }
  assert.equal(samples.value("nodeping_agent_measuring"), 1);
}, ["5.1", "5.5"]);

networkTest(
  "dead nodes are lost, and not refused, at a period just above half the timeout",
  async (fping) => {
    const dead = Array.from({ length: 40 }, (_, n) => `10.77.1.${n + 1}`);
    await using laboratory = await makeLaboratory({
      fping,
      nodes: nodesAt(["10.77.0.2", ...dead]),
      script: Object.fromEntries(dead.map((address) => [address, [{ action: drop }]])),
      flags: ["--mesh-degree=full", "--period=501ms", "--pacing=spread"],
    });
    const samples = await laboratory.agent.waitFor(
      "14 probes of everything",
      (now) => ["10.77.0.2", ...dead].every((address) => count(now, "sent", address) >= 14),
      25_000,
    );
    for (const address of dead) {
      const { received, send_failures, loss_bursts } = counted(samples, address);
      assert.deepEqual([received, send_failures, loss_bursts], [0, 0, 1], address);
    }
  },
  ["5.1", "5.5"],
);

function count(samples: Samples, what: string, destination_address: string): number {
  const prefix = what === "sent" || what === "received" ? "nodeping_probes" : "nodeping";
  return samples.value(`${prefix}_${what}_total`, { destination_address }) ?? -1;
}

function counted(samples: Samples, address: string): Record<string, number> {
  const names = ["received", "duplicates", "send_failures", "loss_bursts"];
  return Object.fromEntries(names.map((name) => [name, count(samples, name, address)]));
}

/** What the script makes of the first `sent` requests. */
function expected(rules: readonly Rule[], sent: number): Record<string, number> {
  const inTime = Array.from({ length: sent }, (_, index) => {
    const action = actionFor(rules, index);
    return action.kind === "reply"
      ? action.delaysMs.filter((delay) => delay < timeoutMs).length
      : 0;
  });
  const runs = inTime.map((replies) => replies > 0 ? "+" : "-").join("").match(/-{3,}/g) ?? [];
  return {
    received: inTime.filter((replies) => replies > 0).length,
    duplicates: inTime.reduce((total, replies) => total + Math.max(0, replies - 1), 0),
    send_failures: 0,
    loss_bursts: runs.length,
  };
}

function errorsIn(rules: readonly Rule[], sent: number): number {
  const actions = Array.from({ length: sent }, (_, index) => actionFor(rules, index));
  return actions.filter(({ kind }) => kind === "error").length;
}

function assertTimes(samples: Samples): void {
  const slow = { destination_address: "10.77.0.7" };
  const mean = (samples.value("nodeping_rtt_seconds_total", slow) ?? 0) /
    (samples.value("nodeping_probes_received_total", slow) ?? 0);
  assert.ok(mean >= 0.7 && mean < 0.75, `mean of 700 ms: ${mean}`);
  const [min = 0, max = 0] = ["min", "max"].map((name) =>
    samples.value(`nodeping_rtt_${name}_seconds`, slow)
  );
  assert.ok(min > 0.6999 && min <= mean && mean <= max && max < 0.9, `${min} ${mean} ${max}`);
  for (const name of ["min", "max", "stddev"]) {
    const labels = { destination_address: "10.77.0.9" };
    assert.equal(samples.value(`nodeping_rtt_${name}_seconds`, labels), undefined, name);
  }
}

function assertErrorTypes(samples: Samples, version: "5.1" | "5.5"): void {
  const types: Record<string, string> = {
    "10.77.0.8": "host_unreachable",
    "10.77.0.9": "prohibited",
    "10.77.0.10": "time_exceeded",
    "10.77.0.11": "network_unreachable",
    ...(version === "5.5" ? { "fd77::4": "host_unreachable" } : {}), // 5.1 is silent on ICMPv6
  };
  for (const [destination_address, type] of Object.entries(types)) {
    const of = samples.select("nodeping_icmp_errors_total", { destination_address });
    const seen = of.filter(({ value }) => value > 0).map(({ labels }) => labels["type"]);
    assert.deepEqual(seen, [type], destination_address);
  }
}
