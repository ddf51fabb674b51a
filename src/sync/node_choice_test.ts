import assert from "node:assert/strict";
import { clusterNode } from "../kubernetes/nodes.ts";
import type { ClusterNode, NodeObject } from "../kubernetes/nodes.ts";
import { applyNodeRules, leavingTaints, shrinkRefusal } from "./node_choice.ts";
import type { ChosenNodes } from "./node_choice.ts";
import { defaultSettings } from "./settings.ts";
import {
  nodeChoices,
  sampleNodes,
  sampleObject,
  sampleSelector,
} from "../../tests/chart/node_choices.ts";

/** The samples as the API gives them, without those that the selector leaves out. */
const samples = sampleNodes.map((sample) => {
  const { metadata, ...object } = sampleObject(sample);
  const deletionTimestamp = sample.isDeleting ? { deletionTimestamp: new Date(0) } : {};
  return { ...object, metadata: { ...metadata, ...deletionTimestamp } };
})
  .filter(({ metadata: { labels = {} } }: NodeObject & { metadata: object }) =>
    labels["kubernetes.io/os"] === sampleSelector["kubernetes.io/os"] &&
    labels["type"] !== "virtual-kubelet" &&
    labels["eks.amazonaws.com/compute-type"] !== "fargate"
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
    [
      ...["deleting false", "excluded false"],
      ...leavingTaints.map((_, index) => `leaving-${index} false`),
      ...["terminating false", "unusable true", "without-address true"],
    ],
  );
});

function node(fields: Partial<ClusterNode>): ClusterNode {
  return {
    ...{
      name: "n",
      addresses: [],
      cordoned: false,
      excluded: false,
      taints: [],
      deleting: false,
      terminating: false,
    },
    ...fields,
  };
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

Deno.test("applyNodeRules() keeps an address in use while the node reports it at the type that counts", () => {
  const internal = (address: string) => ({ type: "InternalIP", address });
  const external = { type: "ExternalIP", address: "198.51.100.1" };
  const chosen = (addresses: ClusterNode["addresses"], used: string, more = {}) =>
    applyNodeRules(
      [node({ addresses: [...addresses, external] })],
      { ...defaultSettings, ...more },
      [{ name: "n", ipAddress: used }],
    ).entries.map(({ ipAddress }) => ipAddress).join();
  const two = [internal("10.0.0.1"), internal("10.0.0.2")];
  for (const order of [two, two.toReversed()]) {
    assert.equal(chosen(order, "10.0.0.2"), "10.0.0.2");
    assert.equal(chosen(order, "10.0.0.2", { addressType: "ExternalIP" }), "198.51.100.1");
    // Once it is gone, and where an external address stood in, the order counts.
    assert.equal(chosen(order, "10.0.0.3"), order[0]?.address);
    assert.equal(chosen(order, "198.51.100.1"), order[0]?.address);
  }
});

function nodes(count: number): { name: string; ipAddress: string }[] {
  return Array.from({ length: count }, (_, i) => ({ name: `n${i}`, ipAddress: `10.0.0.${i}` }));
}

function chosen(entries: ChosenNodes["entries"]): ChosenNodes {
  return { entries, leftOut: [] };
}

Deno.test("shrinkRefusal() allows up to maxShrink and refuses more", () => {
  assert.equal(shrinkRefusal(nodes(10), chosen(nodes(5)), 50), undefined);
  assert.match(
    shrinkRefusal(nodes(10), chosen(nodes(4)), 50) ?? "",
    /from 10 to 4 nodes, by 60 %.*60$/,
  );
  assert.equal(shrinkRefusal(nodes(10), chosen(nodes(4)), 60), undefined);
  assert.equal(shrinkRefusal(nodes(10), chosen(nodes(20)), 0), undefined);
  assert.match(shrinkRefusal(nodes(10), chosen(nodes(9)), 0) ?? "", /--max-shrink 0/);
});

Deno.test("shrinkRefusal() allows what it says is enough, and every whole percentage exactly", () => {
  for (const [before, after] of [[9, 5], [3, 1], [7, 4]] as const) {
    const refusal = shrinkRefusal(nodes(before), chosen(nodes(after)), 40) ?? "";
    const needed = Number(/run once with --max-shrink (\d+)$/.exec(refusal)?.[1]);
    assert.ok(needed > 40, refusal);
    assert.equal(shrinkRefusal(nodes(before), chosen(nodes(after)), needed), undefined);
    assert.equal(
      shrinkRefusal(nodes(before), chosen(nodes(after)), needed - 1) === undefined,
      false,
    );
  }
  for (let percent = 1; percent < 100; percent++) {
    const left = chosen(nodes(100 - percent));
    assert.equal(shrinkRefusal(nodes(100), left, percent), undefined, String(percent));
  }
});

Deno.test("shrinkRefusal() names what can be set where it runs", () => {
  assert.match(
    shrinkRefusal(nodes(10), chosen(nodes(4)), 50, "value") ?? "",
    /more than nodePing\.maxShrink 50; if that is right, set it to 60 for a while$/,
  );
});

Deno.test("applyNodeRules() repeats no megabyte that a kubelet says of its node", () => {
  const addresses = Array.from({ length: 10_000 }, () => ({
    type: "InternalIP",
    address: "127.0.0.1",
  }));
  const node = clusterNode({ metadata: { name: "a" }, status: { addresses } });
  const { leftOut: [left] } = applyNodeRules([node], defaultSettings);
  assert.match(left?.reason ?? "", /\(it has: InternalIP 127\.0\.0\.1, InternalIP .*\.\.\.\)$/);
  assert.ok((left?.reason.length ?? Infinity) < 400);
});

Deno.test("shrinkRefusal() never allows an empty list, and a first one always", () => {
  assert.match(shrinkRefusal(nodes(1), chosen([]), 100) ?? "", /an empty list is never written/);
  assert.match(shrinkRefusal([], chosen([]), 100) ?? "", /an empty list is never written/);
  assert.equal(shrinkRefusal([], chosen(nodes(3)), 0), undefined);
});

Deno.test("shrinkRefusal() says why a cluster whose nodes all go makes an empty list", () => {
  const leftOut = [{ name: "node-0", reason: "it is being deleted", isProblem: false }];
  assert.match(
    shrinkRefusal(nodes(1), { entries: [], leftOut }, 50) ?? "",
    /; of 1 left out, "node-0" is because it is being deleted$/,
  );
});

Deno.test("shrinkRefusal() says why a cluster of nodes makes an empty list", () => {
  const reason =
    "it has no address for ipv6 that other nodes can probe (it has: InternalIP 10.0.0.1)";
  const leaving = { name: "node-0", reason: "it is being deleted", isProblem: false };
  const leftOut = [leaving, { name: "node-1", reason, isProblem: true }];
  assert.equal(
    shrinkRefusal([], { entries: [], leftOut }, 50),
    "No node is left to probe: an empty list is never written; of 2 left out, " +
      `"node-1" is because ${reason}`,
  );
});

Deno.test("shrinkRefusal() counts a node with two addresses once", () => {
  const dual = nodes(2).flatMap((node) => [node, { ...node, ipAddress: "fd00::1" }]);
  assert.equal(shrinkRefusal(dual, chosen(nodes(2)), 0), undefined);
});
