/** The node list of a large cluster, as the chart writes it and the agent reads it. @module */

import type { V1ConfigMap } from "@kubernetes/client-node";
import assert from "node:assert/strict";
import type { NodeEntry } from "../../src/nodes/node_list.ts";
import { parseNodeList } from "../../src/nodes/node_list_parser.ts";
import { chart, only, render, runHelm, testWithHelms } from "./helm.ts";
import { addressOfNode, nameOfNode, zoneOfNode } from "../kubernetes/node_objects.ts";

/** Every seventh node has no zone and two addresses, every hundredth is cordoned. */
function nodes(count: number): readonly NodeEntry[] {
  return Array.from({ length: count }, (_, index) => {
    const node = {
      name: nameOfNode(index),
      ipAddress: addressOfNode(index),
      ...(index % 7 > 0 ? { zone: zoneOfNode(index) } : {}),
      ...(index % 100 === 0 ? { cordoned: true } : {}),
    };
    return index % 7 > 0
      ? [node]
      : [node, { ...node, ipAddress: `fd00::${(index + 1).toString(16)}` }];
  }).flat();
}

async function withValues<T>(
  count: number,
  act: (args: readonly string[]) => Promise<T>,
): Promise<T> {
  const file = await Deno.makeTempFile({ suffix: ".json" });
  try {
    const nodePing = { nodes: nodes(count), externalTargets: [{ host: "example.org" }] };
    await Deno.writeTextFile(file, JSON.stringify({ nodePing }));
    return await act(["-f", file]);
  } finally {
    await Deno.remove(file);
  }
}

testWithHelms(
  "the chart's list of 10,000 nodes fits and says what the values say",
  async (helm) => {
    const manifests = await withValues(10_000, (args) => render(helm, args));
    const text =
      only<V1ConfigMap>(manifests, "ConfigMap", "node-ping-config").data?.["nodes.json"] ?? "";
    assert.ok(text.length < 750_000, `${text.length} bytes`);
    assert.doesNotMatch(text, /\s/);
    const result = parseNodeList(text);
    assert.ok(result.kind === "valid");
    assert.deepEqual(result.warnings, []);
    assert.deepEqual(sorted(result.list.nodes), sorted(nodes(10_000)));
    assert.deepEqual(result.list.externalTargets, [{ name: "example.org", host: "example.org" }]);
  },
);

testWithHelms("the chart refuses a list that no ConfigMap holds", async (helm) => {
  const { code, stderr } = await withValues(
    20_000,
    (args) => runHelm(helm, ["template", "np", chart, ...args]),
  );
  assert.notEqual(code, 0);
  assert.match(
    stderr,
    /The list of 22858 addresses has \d+ bytes, and a ConfigMap holds 1 MiB: choose/,
  );
});

function sorted(list: readonly NodeEntry[]): readonly NodeEntry[] {
  const key = ({ name, ipAddress }: NodeEntry) => `${name} ${ipAddress}`;
  return list.toSorted((a, b) => key(a) < key(b) ? -1 : 1);
}
