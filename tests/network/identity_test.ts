/** What is one destination, and what survives a change of its node: the rules of identity. @module */

import assert from "node:assert/strict";
import type { Samples } from "../exposition.ts";
import { makeLaboratory, networkTest } from "./laboratory.ts";

const sent = "nodeping_probes_sent_total";

const before = {
  cluster_targets: [
    { name: "here", ipAddress: "10.77.0.1" },
    { name: "moves-zone", ipAddress: "10.77.0.2", zone: "a" },
    { name: "moves-address", ipAddress: "10.77.0.3" },
    { name: "dying", ipAddress: "10.77.0.4" },
    { name: "newborn", ipAddress: "10.77.0.4" },
    { name: "dual", ipAddress: "10.77.0.5" },
    { name: "dual", ipAddress: "fd77::5" },
    { name: "twice", ipAddress: "10.77.0.6" },
    { name: "twice", ipAddress: "10.77.0.6" },
    { name: "shared-name", ipAddress: "10.77.0.7" },
  ],
  external_targets: [{ name: "shared-name", host: "10.77.0.8" }, { host: "10.77.0.9" }],
};

const after = {
  ...before,
  cluster_targets: before.cluster_targets
    .filter(({ name }) => name !== "dying" && name !== "here")
    .map((node) => node.name === "moves-zone" ? { ...node, zone: "b", cordoned: true } : node)
    .map((node) => node.name === "moves-address" ? { ...node, ipAddress: "10.77.0.33" } : node),
};

networkTest("the rules of identity hold", async (fping) => {
  await using laboratory = await makeLaboratory({ fping, nodes: before });
  const { agent, responder, volume } = laboratory;
  const first = await agent.waitFor(
    "three probes of everything",
    (now) => now.select(sent).length === 10 && now.select(sent).every(({ value }) => value >= 3),
  );
  assert.equal(first.select(sent, { destination_node: "here" }).length, 0, "not itself");
  assert.equal(first.value("nodeping_agent_in_node_list"), 1);
  assert.equal(
    first.value("nodeping_agent_targets"),
    9,
    "one address under two names is one target",
  );
  assert.equal(of(first, "moves-zone").labels["destination_zone"], "a");
  assert.equal(of(first, "dying").value, of(first, "newborn").value, "probed once, for both");
  assert.deepEqual(
    first.select(sent, { destination_node: "dual" }).map(({ labels }) =>
      labels["destination_address"]
    ).sort(),
    ["10.77.0.5", "fd77::5"],
  );
  assert.deepEqual(
    first.select(sent, { destination_node: "shared-name" }).map(({ labels }) =>
      `${labels["destination_kind"]} ${labels["destination_address"]}`
    ).sort(),
    ["external 10.77.0.8", "node 10.77.0.7"],
  );
  assert.equal(of(first, "10.77.0.9").labels["destination_kind"], "external");
  await agent.waitForLog(/"?dying.*newborn/);
  await agent.waitForLog(/twice.*more than once/);

  await volume.swap(after);
  const second = await agent.waitFor(
    "the cordoned node",
    (now) => now.value("nodeping_destination_cordoned", { destination_node: "moves-zone" }) === 1,
    4000,
  );
  assert.equal(of(second, "moves-zone").labels["destination_zone"], "b");
  assert.ok(of(second, "moves-zone").value >= of(first, "moves-zone").value, "totals go along");
  assert.ok(of(second, "newborn").value >= of(first, "newborn").value);
  assert.equal(second.select(sent, { destination_node: "dying" }).length, 0);
  assert.equal(of(second, "moves-address").labels["destination_address"], "10.77.0.33");
  assert.ok(of(second, "moves-address").value < 3, "a new address starts anew");
  assert.equal(second.value("nodeping_agent_in_node_list"), 0, "its own node is missing");
  assert.equal(second.select("nodeping_destination_cordoned").length, 1);

  const records = await responder.records();
  const rate = records.of("10.77.0.4").requests.length / records.of("10.77.0.9").requests.length;
  assert.ok(rate > 0.7 && rate < 1.4, "an address under two names is probed once");
});

function of(samples: Samples, destination_node: string): Samples["all"][number] {
  const [sample, ...more] = samples.select(sent, { destination_node });
  assert.ok(sample !== undefined && more.length === 0, destination_node);
  return sample;
}
