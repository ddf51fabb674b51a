import type { V1ConfigMap, V1ConfigMapList, V1NodeList } from "@kubernetes/client-node";
import assert from "node:assert/strict";
import { spawnProcess } from "../../src/platform/process.ts";
import { helms } from "../chart/helm.ts";
import type { Helm } from "../chart/helm.ts";
import { agentsOf, countsOf, lossBetween } from "./agents.ts";
import { clusterTest, eventually, get, makeFault, withNamespace } from "./cluster.ts";
import { joinNode } from "./joining.ts";
import { apiEnv, deploy, helmDo, releaseName } from "./release.ts";

const root = new URL("../../", import.meta.url).pathname;

clusterTest("sync --watch takes a node in and out, and all agents follow", {
  image: true,
  faults: true,
}, (helm) =>
  withRelease(helm, "sync", [], async (namespace) => {
    await deploy(helm, namespace);
    const watching = startWatch(helm, namespace);
    try {
      await joinAndLeave(namespace);
      const history = await helmDo(helm, namespace, "history", releaseName);
      assert.match(history, /nodeping sync: \+1 -0 ~0/);
      assert.match(history, /deployed .*nodeping sync: \+0 -1 ~0/);
    } finally {
      assert.equal(await watching.stop(), 0);
    }
  }), helms);

clusterTest("the sync in the cluster does the same, and switching it restarts no agent", {
  image: true,
  faults: true,
}, (helm) =>
  withRelease(helm, "live", [], async (namespace) => {
    await deploy(helm, namespace);
    const nodes = await nodeNames();
    // Helm 3 waits for all pods but one, and the kubelet asks less often than agents probe.
    await eventually(30, async () => {
      await assertAllProbe(namespace, nodeNames());
      assert.ok((await agentsOfNodes(namespace, nodes)).every(({ ready }) => ready));
    });
    const before = await agentsOfNodes(namespace, nodes);
    const counts = await countsOf(namespace, before);

    await deploy(helm, namespace, { sync: { enabled: true, extraEnv: apiEnv } });
    await eventually(
      30,
      async () => assert.deepEqual(await liveNodes(namespace), await nodeNames()),
    );
    await joinAndLeave(namespace);

    await deploy(helm, namespace, { sync: { enabled: false } });
    assert.deepEqual(await liveNodes(namespace), []);
    // Longer than a kubelet takes to show it.
    await new Promise((resolve) => setTimeout(resolve, 15_000));
    const agents = await agentsOfNodes(namespace, nodes);
    assert.deepEqual(agents, before);
    const after = await countsOf(namespace, agents);
    const lost = [...lossBetween(counts, after)].filter(([, { lost }]) => lost > 0);
    assert.deepEqual(lost, [], "a pair that stayed lost probes");
  }), helms);

clusterTest(
  "the sync in the cluster passes Pod Security restricted",
  { image: true },
  (helm) =>
    withRelease(
      helm,
      "psa",
      ["pod-security.kubernetes.io/enforce=restricted"],
      async (namespace) => {
        await deploy(helm, namespace, {
          mode: "restricted",
          sync: { enabled: true, extraEnv: apiEnv },
        });
        await eventually(
          30,
          async () => assert.deepEqual(await liveNodes(namespace), await nodeNames()),
        );
      },
    ),
);

/** A namespace whose release is gone in the end, with all that it had. */
async function withRelease(
  helm: Helm,
  name: string,
  labels: readonly string[],
  test: (namespace: string) => Promise<void>,
): Promise<void> {
  await withNamespace(name, labels, async (namespace) => {
    try {
      await test(namespace);
    } finally {
      // Cluster roles would stay behind, and stop the next release of the same name.
      await helmDo(helm, namespace, "uninstall", releaseName, "--wait");
    }
    const { items } = await get<V1ConfigMapList>("configmap", "-n", namespace);
    assert.deepEqual(items.filter(({ metadata }) => metadata?.name?.startsWith(releaseName)), []);
  });
}

async function joinAndLeave(namespace: string): Promise<void> {
  const others = await nodeNames();
  const number = await joinNode();
  const name = `node-${number}`;
  try {
    const startMs = await eventually(30, async () => {
      assert.ok((await nodeNames()).includes(name));
      return performance.now();
    });
    await eventually(60, async () => {
      const counts = await countsOf(namespace, await agentsOfNodes(namespace, others));
      const sources = counts.filter(({ destination, sent }) => destination === name && sent > 0)
        .map(({ source }) => source);
      assert.deepEqual(sources.toSorted(), others);
    });
    report(`All agents probe a node ${seconds(startMs)} after it joined`);
    await eventually(60, () => assertAllProbe(namespace, nodeNames()));
  } finally {
    await makeFault("remove-node", number);
  }
  const startMs = performance.now();
  await eventually(60, async () => {
    const counts = await countsOf(namespace, await agentsOfNodes(namespace, others));
    assert.deepEqual(counts.filter(({ destination }) => destination === name), []);
  });
  report(`No agent probes it ${seconds(startMs)} after it was removed`);
}

async function assertAllProbe(namespace: string, names: Promise<readonly string[]>): Promise<void> {
  const nodes = await names;
  const counts = await countsOf(namespace, await agentsOfNodes(namespace, nodes));
  const answered = counts.filter(({ received }) => received > 0);
  assert.equal(answered.length, nodes.length * (nodes.length - 1));
}

async function agentsOfNodes(
  namespace: string,
  nodes: readonly string[],
): ReturnType<typeof agentsOf> {
  const agents = (await agentsOf(namespace)).filter(({ node }) => nodes.includes(node));
  return agents.toSorted((a, b) => a.pod < b.pod ? -1 : 1);
}

async function nodeNames(): Promise<string[]> {
  const { items } = await get<V1NodeList>("nodes", "-l", "kubernetes.io/os=linux");
  return items.map((node) => node.metadata?.name ?? "").toSorted();
}

async function liveNodes(namespace: string): Promise<string[]> {
  const { data } = await get<V1ConfigMap>(
    "configmap",
    `${releaseName}-config-live`,
    "-n",
    namespace,
  );
  const nodes = JSON.parse(data?.["nodes.json"] ?? "[]") as { name: string }[];
  return nodes.map(({ name }) => name);
}

function startWatch(helm: Helm, namespace: string): { stop: () => Promise<number> } {
  const child = spawnProcess({
    command: Deno.execPath(),
    args: ["run", "--allow-all", `${root}/main.ts`, "sync", releaseName, "--watch"],
    env: { HELM_BIN: helm.command, HELM_NAMESPACE: namespace },
  });
  const output = Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return {
    stop: async () => {
      child.kill("SIGINT");
      const { code } = await child.status;
      report((await output)[1].trimEnd());
      return code;
    },
  };
}

function seconds(startMs: number): string {
  return `${((performance.now() - startMs) / 1000).toFixed(1)} s`;
}

function report(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}
