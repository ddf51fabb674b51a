import assert from "node:assert/strict";
import { nodeChoices, sampleNodes, sampleSelector } from "../../tests/chart/node_choices.ts";
import { clusterNode } from "../kubernetes/cluster_node.ts";
import type { ClusterNode } from "../kubernetes/cluster_node.ts";
import { applyNodeRules } from "./node_rules.ts";
import { defaultSettings } from "./sync_settings.ts";

/** The samples as the API gives them, without those that the selector leaves out. */
const samples = sampleNodes
  .map(({ name, labels, annotations, unschedulable, taints, addresses }) => ({
    metadata: {
      name,
      labels: { ...sampleSelector, ...labels },
      ...(annotations ? { annotations } : {}),
    },
    spec: {
      ...(unschedulable ? { unschedulable } : {}),
      ...(taints ? { taints: [...taints] } : {}),
    },
    status: { addresses: [...addresses] },
  }))
  .filter(({ metadata }) =>
    metadata.labels["kubernetes.io/os"] === sampleSelector["kubernetes.io/os"]
  )
  .map(clusterNode);

for (const { settings, entries } of nodeChoices) {
  Deno.test(`applyNodeRules() agrees with the chart's lookup on ${JSON.stringify(settings)}`, () => {
    const chosen = applyNodeRules(samples.toReversed(), { ...defaultSettings, ...settings });
    assert.deepEqual(chosen.entries, entries);
  });
}

Deno.test("applyNodeRules() says who is left out, and which of them is a problem", () => {
  const { leftOut } = applyNodeRules(samples, defaultSettings);
  assert.deepEqual(
    leftOut.map(({ name, isProblem }) => `${name.replace("nodeping-e2e-", "")} ${isProblem}`),
    ["disrupted false", "excluded false", "leaving false", "without-address true"],
  );
});

function node(fields: Partial<ClusterNode>): ClusterNode {
  return { name: "n", addresses: [], cordoned: false, excluded: false, ...fields };
}

Deno.test("applyNodeRules() writes addresses canonically and passes over what is none", () => {
  const addresses = ["fe80::1%eth0", "2001:DB8:0:0::1"].map((address) => ({
    type: "InternalIP",
    address,
  }));
  const rules = { ...defaultSettings, ipFamily: "ipv6" } as const;
  const { entries } = applyNodeRules([node({ addresses })], rules);
  assert.deepEqual(entries, [{ name: "n", ipAddress: "2001:db8::1" }]);
});

Deno.test("applyNodeRules() leaves out a node that is being deleted", () => {
  const { entries, leftOut } = applyNodeRules([
    clusterNode({
      metadata: { name: "n", deletionTimestamp: new Date(0) },
      status: { addresses: [{ type: "InternalIP", address: "10.0.0.1" }] },
    }),
  ], defaultSettings);
  assert.deepEqual([entries, leftOut[0]?.reason], [[], "it is being deleted"]);
});

Deno.test("applyNodeRules() takes a name that no agent could read for a problem", () => {
  const addresses = [{ type: "InternalIP", address: "10.0.0.1" }];
  const { entries, leftOut } = applyNodeRules([node({ name: "a/b", addresses })], defaultSettings);
  assert.deepEqual(entries, []);
  assert.deepEqual(leftOut, [{ name: "a/b", reason: "its name is no node name", isProblem: true }]);
});
