import assert from "node:assert/strict";
import type { V1ConfigMap, V1NodeList } from "@kubernetes/client-node";
import { helms } from "../chart/helm.ts";
import { agentsOf, allPairs, countsOf } from "./agents.ts";
import {
  clusterTest,
  eventually,
  faultTool,
  get,
  kubectl,
  makeFault,
  prometheusUrl,
  withNamespace,
} from "./cluster.ts";
import { deploy, helmDo, releaseName } from "./release.ts";
import type { Helm } from "../chart/helm.ts";

async function nodeNames(): Promise<string[]> {
  const { items } = await get<V1NodeList>("nodes", "-l", "kubernetes.io/os=linux");
  return items.map((node) => node.metadata?.name ?? "");
}

async function nodesInForce(namespace: string): Promise<string[]> {
  const name = `${releaseName}-config`;
  const configMap = await get<V1ConfigMap>("configmap", name, "-n", namespace);
  const nodes = JSON.parse(configMap.data?.["nodes.json"] ?? "") as { name: string }[];
  return nodes.map(({ name }) => name);
}

/** Pod names and restarts: equal before and after means that no agent was restarted. */
async function podsAndRestarts(namespace: string): Promise<string> {
  const path =
    "{range .items[*]}{.metadata.name} {.status.containerStatuses[*].restartCount}\n{end}";
  return await kubectl("get", "pods", "-n", namespace, "-o", `jsonpath=${path}`);
}

async function assertAllPairsAnswer(namespace: string): Promise<void> {
  const counts = await countsOf(namespace, await agentsOf(namespace));
  const answered = counts.filter(({ received }) => received > 0);
  assert.deepEqual(
    answered.map(({ source, destination }) => `${source} ${destination}`).sort(),
    allPairs(await nodeNames()),
  );
}

async function pairsInPrometheus(): Promise<string[]> {
  const query = encodeURIComponent(
    "count by (source_node, destination_node) (nodeping_probes_received_total > 0)",
  );
  const response = await fetch(`${prometheusUrl}/api/v1/query?query=${query}`);
  const { data } = await response.json() as {
    data: { result: { metric: { source_node: string; destination_node: string } }[] };
  };
  return data.result.map(({ metric }) => `${metric.source_node} ${metric.destination_node}`).sort();
}

async function textfilesLeft(nodes: readonly string[]): Promise<string[]> {
  const left: string[] = [];
  for (const node of nodes) {
    const directory = await makeFault("textfiles", node.replace(/^node-/, ""));
    for await (const { name } of Deno.readDir(directory)) {
      if (name.includes(releaseName)) left.push(`${node}: ${name}`);
    }
  }
  return left;
}

async function installToUninstall(helm: Helm, namespace: string): Promise<void> {
  const started = Date.now();
  const notes = await deploy(helm, namespace);
  assert.match(notes, new RegExp(`${(await nodeNames()).length} addresses, as the cluster has`));
  await eventually(30, () => assertAllPairsAnswer(namespace));
  if (prometheusUrl) {
    const wanted = allPairs(await nodeNames());
    await eventually(30 - (Date.now() - started) / 1000, async () => {
      assert.deepEqual(await pairsInPrometheus(), wanted);
    });
    // deno-lint-ignore no-console
    console.log(`all pairs in Prometheus after ${((Date.now() - started) / 1000).toFixed(1)} s`);
  }

  const before = await podsAndRestarts(namespace);
  const subset = (await nodeNames()).slice(0, 2);
  const nodes = subset.map((name, index) => ({ name, ipAddress: `192.0.2.${index + 1}` }));
  await deploy(helm, namespace, { nodePing: { nodes } });
  assert.deepEqual(await nodesInForce(namespace), subset);
  await helmDo(helm, namespace, "rollback", releaseName, "--wait");
  assert.deepEqual(await nodesInForce(namespace), await nodeNames());
  assert.equal(await podsAndRestarts(namespace), before, "a change of nodes restarted an agent");

  await helmDo(helm, namespace, "uninstall", releaseName, "--wait");
  await eventually(20, async () => assert.deepEqual(await agentsOf(namespace), []));
  if (faultTool) {
    await eventually(20, async () => assert.deepEqual(await textfilesLeft(await nodeNames()), []));
  }
}

clusterTest(
  "one install measures all pairs, new nodes restart nothing, uninstall leaves nothing",
  { image: true },
  (helm) => withNamespace("mesh", [], (namespace) => installToUninstall(helm, namespace)),
  helms,
);

clusterTest(
  "install --wait ends on a single node",
  { image: true },
  (helm) =>
    withNamespace("single", [], async (namespace) => {
      const [node = ""] = await nodeNames();
      await deploy(helm, namespace, {
        nodePing: { nodes: [{ name: node, ipAddress: "192.0.2.1" }] },
        nodeSelector: { "kubernetes.io/hostname": node },
      });
      const agents = await agentsOf(namespace);
      assert.deepEqual(agents.map((agent) => [agent.node, agent.ready]), [[node, true]]);
    }),
);
