import type {
  V1ConfigMap,
  V1DaemonSet,
  V1PodSpec,
  V1RoleBinding,
  V1ServiceAccount,
} from "@kubernetes/client-node";
import assert from "node:assert/strict";
import { readSettings } from "../../src/agent/settings.ts";
import { parseNodeList } from "../../src/nodes/node_list_parser.ts";
import {
  chart,
  helms,
  only,
  permutations,
  render,
  runHelm,
  testWithHelms,
  valuesFile,
} from "./helm.ts";
import type { Helm } from "./helm.ts";
import { needing, noHelm } from "../needing.ts";

async function podSpec(helm: Helm, args: readonly string[]): Promise<V1PodSpec> {
  const daemonSet = only<V1DaemonSet>(await render(helm, args), "DaemonSet");
  const spec = daemonSet.spec?.template.spec;
  assert.ok(spec);
  return spec;
}

async function nodesJson(helm: Helm, args: readonly string[]): Promise<string> {
  const configMap = only<V1ConfigMap>(
    await render(helm, args),
    "ConfigMap",
    "node-ping-config",
  );
  return configMap.data?.["nodes.json"] ?? "";
}

testWithHelms("lint passes every permutation", async (helm) => {
  for (const permutation of permutations) {
    const result = await runHelm(helm, ["lint", "--strict", chart, "-f", valuesFile(permutation)]);
    assert.equal(result.code, 0, `${permutation}: ${result.stdout}${result.stderr}`);
  }
});

Deno.test({
  ...needing(
    "both Helms render every permutation to the same objects",
    helms.length < 2 ? noHelm : undefined,
  ),
  async fn(): Promise<void> {
    for (const permutation of permutations) {
      const args = ["-f", valuesFile(permutation)];
      const [first, second] = await Promise.all(helms.map((helm) => render(helm, args)));
      assert.deepEqual(first, second, permutation);
    }
  },
});

testWithHelms("the agent takes the arguments of every permutation", async (helm) => {
  for (const permutation of permutations) {
    const { containers } = await podSpec(helm, ["-f", valuesFile(permutation)]);
    const [command, ...args] = containers[0]?.args ?? [];
    assert.equal(command, "agent");
    const env = (name: string) => name === "MY_NODE_NAME" ? "node-1" : undefined;
    const result = readSettings({ args, env });
    assert.ok(result.kind === "valid", `${permutation}: ${JSON.stringify(result)}`);
  }
});

testWithHelms(
  "the agent takes the longest and shortest times that the schema does",
  async (helm) => {
    for (const [period, timeout] of [["10ms", "1ms"], ["999999ms", "9000ms"], ["60m", "9s"]]) {
      const set = ["--set", `nodePing.period=${period},nodePing.timeout=${timeout}`];
      const { containers } = await podSpec(helm, set);
      const result = readSettings({ args: containers[0]?.args?.slice(1) ?? [], env: () => "n" });
      assert.equal(result.kind, "valid", JSON.stringify(result));
    }
  },
);

testWithHelms("the DaemonSet carries the article's parts", async (helm) => {
  const manifests = await render(helm);
  const { metadata, spec } = only<V1DaemonSet>(manifests, "DaemonSet");
  assert.equal(metadata?.name, "node-ping");
  for (const labels of [metadata?.labels, spec?.template.metadata?.labels]) {
    assert.equal(labels?.["tier"], "monitoring");
    assert.equal(labels?.["app"], "node-ping");
    assert.equal(labels?.["version"], "v1");
  }
  assert.deepEqual(spec?.updateStrategy, {
    type: "RollingUpdate",
    rollingUpdate: { maxUnavailable: "10%", maxSurge: 0 },
  });
  const pod = await podSpec(helm, []);
  assert.deepEqual(pod.tolerations, [{ operator: "Exists" }]);
  assert.equal(pod.automountServiceAccountToken, false);
  assert.equal(pod.priorityClassName, undefined);
  const container = pod.containers[0];
  assert.deepEqual(container?.env, [
    { name: "MY_NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
    { name: "PROMETHEUS_TEXTFILE_DIR", value: "/node-exporter-textfile/" },
    { name: "PROMETHEUS_TEXTFILE_PREFIX", value: "node-ping_" },
  ]);
  assert.deepEqual(pod.volumes?.[1]?.hostPath, {
    path: "/var/run/node-exporter-textfile",
    type: "DirectoryOrCreate",
  });
  assert.deepEqual(container?.resources, {
    requests: { cpu: "100m", memory: "96Mi" },
    limits: { memory: "128Mi" },
  });
});

testWithHelms("the agents' ServiceAccount has no role and no token", async (helm) => {
  const manifests = await render(helm);
  const name = (await podSpec(helm, [])).serviceAccountName;
  const account = only<V1ServiceAccount>(manifests, "ServiceAccount", name);
  assert.equal(account.automountServiceAccountToken, false);
  const bindings = manifests.filter(({ kind }) => /RoleBinding/.test(kind)) as V1RoleBinding[];
  const bound = bindings.flatMap(({ subjects }) => subjects?.map((one) => one.name) ?? []);
  assert.deepEqual([...new Set(bound)].toSorted(), ["node-ping", "node-ping-test"]);
});

testWithHelms("both node lists are mounted as one directory, neither is required", async (helm) => {
  const pod = await podSpec(helm, []);
  assert.deepEqual(pod.volumes?.[0]?.projected?.sources, [
    {
      configMap: {
        name: "node-ping-config",
        optional: true,
        items: [{ key: "nodes.json", path: "nodes.json" }],
      },
    },
    {
      configMap: {
        name: "node-ping-config-live",
        optional: true,
        items: [{ key: "nodes.json", path: "live/nodes.json" }],
      },
    },
  ]);
  const mount = pod.containers[0]?.volumeMounts?.[0];
  assert.deepEqual(mount, { name: "config", mountPath: "/config", readOnly: true });
  const live = async (...flags: readonly string[]) =>
    only<V1ConfigMap>(await render(helm, flags), "ConfigMap", "node-ping-config-live").data;
  assert.equal(await live(), undefined);
  assert.deepEqual(await live("--set", "sync.enabled=false"), { "nodes.json": "[]" });
});

testWithHelms("nodes.json holds the values' nodes in the agent's form", async (helm) => {
  const text = await nodesJson(helm, ["-f", valuesFile("nodes")]);
  assert.deepEqual(parseNodeList(text), {
    kind: "valid",
    list: {
      nodes: [
        { name: "node-1", ipAddress: "10.0.0.11", zone: "zone-a" },
        { name: "node-2", ipAddress: "10.0.0.12", zone: "zone-b", cordoned: true },
        { name: "node-3", ipAddress: "fd00::13" },
        { name: "y", ipAddress: "node-4.example.com" },
      ],
      externalTargets: [],
    },
    ...{ problems: [], problemCount: 0, warnings: [] },
    skipped: { invalid: 0, unusable_address: 0 },
  });
  assert.ok(Array.isArray(JSON.parse(text)), "the article's form, where it suffices");
});

testWithHelms("nodes.json holds external targets beside the nodes", async (helm) => {
  const result = parseNodeList(await nodesJson(helm, ["-f", valuesFile("external-targets")]));
  assert.equal(result.kind, "valid");
  assert.deepEqual(result.kind === "valid" && result.list, {
    nodes: [{ name: "node-1", ipAddress: "10.0.0.11" }],
    externalTargets: [
      { name: "gateway", host: "192.0.2.1" },
      { name: "www.example.com", host: "www.example.com" },
    ],
  });
});

testWithHelms("nodes.json without a cluster is an empty, valid list", async (helm) => {
  assert.equal(await nodesJson(helm, []), "[]");
});

testWithHelms("a change of nodes or external targets changes no pod", async (helm) => {
  const [before, nodes, targets] = await Promise.all(
    [[], ["-f", valuesFile("nodes")], ["-f", valuesFile("external-targets")]].map(async (args) =>
      only<V1DaemonSet>(await render(helm, args), "DaemonSet")
    ),
  );
  assert.deepEqual(nodes, before);
  assert.deepEqual(targets, before);
});

testWithHelms("two releases share no name, port, textfile or selector", async (helm) => {
  const first = await render(helm);
  const second = await render(helm, ["-f", valuesFile("second-release")]);
  const names = (manifests: typeof first) => manifests.map((m) => `${m.kind}/${m.metadata.name}`);
  assert.deepEqual(names(first).filter((name) => names(second).includes(name)), []);
  const pod = await podSpec(helm, ["-f", valuesFile("second-release")]);
  assert.equal(pod.containers[0]?.ports?.[0]?.hostPort, 10928);
  assert.ok(pod.containers[0]?.args?.includes("--listen=:10928"));
  assert.equal(pod.containers[0]?.env?.[2]?.value, "node-ping-2_");
});
