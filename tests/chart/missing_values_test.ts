/** Values that come without the chart's defaults: from an older chart, from a parent, or null. @module */

import assert from "node:assert/strict";
import type { V1ConfigMap } from "@kubernetes/client-node";
import { parseNodeList } from "../../src/nodes/node_list_parser.ts";
import { readChartValues } from "../../tasks/chart_docs.ts";
import { chart, only, parseManifests, render, runHelm, testWithHelms } from "./helm.ts";

const documented = readChartValues(await Deno.readTextFile(`${chart}/values.yaml`));

/** What makes every template of the chart render something. */
const everything = {
  podMonitor: { enabled: true },
  prometheusRule: { enabled: true },
  dashboards: { enabled: true },
};

/** Every documented value as null, but those given. */
function allNull(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const { path } of documented) {
    let at = values;
    for (const key of path.slice(0, -1)) at = (at[key] ??= {}) as Record<string, unknown>;
    at[path.at(-1) ?? ""] = null;
  }
  for (const [key, value] of Object.entries(given)) {
    values[key] = { ...values[key] as object, ...value as object };
  }
  return values;
}

async function withFile<T>(content: unknown, work: (path: string) => Promise<T>): Promise<T> {
  const path = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(path, JSON.stringify(content));
    return await work(path);
  } finally {
    await Deno.remove(path);
  }
}

testWithHelms("values that are null take the chart's defaults, all together", async (helm) => {
  const expected = await withFile(everything, (path) => render(helm, ["-f", path]));
  const found = await withFile(allNull(everything), (path) => render(helm, ["-f", path]));
  assert.deepEqual(found, expected);
});

testWithHelms("sections that are null take the chart's defaults", async (helm) => {
  const sections = [...new Set(documented.map(({ path: [section] }) => section))];
  const nulls = sections.map((section) => `${section}=null`).join(",");
  assert.deepEqual(await render(helm, ["--set", nulls]), await render(helm));
});

testWithHelms(
  "what an entry of a list may lack may be null, and agents read it so",
  async (helm) => {
    const nodes = [{ name: "a", ipAddress: "10.0.0.1", zone: null, cordoned: null }];
    const externalTargets = [{ host: "example.org", name: null, ipFamily: null }];
    const values = JSON.stringify({ nodes, externalTargets });
    const manifests = await render(helm, ["--set-json", `nodePing=${values}`]);
    const { data } = only<V1ConfigMap>(manifests, "ConfigMap", "node-ping-config");
    const result = parseNodeList(data?.["nodes.json"] ?? "");
    assert.ok(result.kind === "valid", JSON.stringify(result));
    assert.deepEqual(result.list, {
      nodes: [{ name: "a", ipAddress: "10.0.0.1" }],
      externalTargets: [{ name: "example.org", host: "example.org" }],
    });
    assert.deepEqual(result.problems, []);
  },
);

testWithHelms("values that a parent chart makes null take the chart's defaults", async (helm) => {
  const parent = await Deno.makeTempDir();
  try {
    const write = (name: string, content: unknown) =>
      Deno.writeTextFile(`${parent}/${name}`, JSON.stringify(content));
    await write("Chart.yaml", {
      ...{ apiVersion: "v2", name: "parent", version: "1.0.0" },
      dependencies: [{ name: "nodeping", version: "*", repository: `file://${chart}` }],
    });
    await Deno.mkdir(`${parent}/charts`);
    await Deno.symlink(chart, `${parent}/charts/nodeping`);
    const rendered = async (values: unknown) => {
      await write("values.yaml", { nodeping: values });
      const result = await runHelm(helm, ["template", "nodeping", parent, "-n", "monitoring"]);
      assert.equal(result.code, 0, result.stderr);
      return parseManifests(result.stdout);
    };
    assert.deepEqual(await rendered(allNull(everything)), await rendered(everything));
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
});

testWithHelms(
  "a label, a limit or a rollout that is null is left out, not put back",
  async (helm) => {
    const flags = [
      "resources.limits.memory=null",
      "nodeSelector.kubernetes\\.io/os=null",
      "nodePing.selector.type=null",
      "dashboards.enabled=true",
    ];
    const text = JSON.stringify(await render(helm, ["--set", flags.join(",")]));
    assert.doesNotMatch(text, /"memory":"128Mi"|type!=virtual-kubelet/);
    assert.match(text, /"cpu":"100m"/);
  },
);
