import type {
  V1ConfigMap,
  V1ConfigMapList,
  V1Deployment,
  V1NodeList,
} from "@kubernetes/client-node";
import assert from "node:assert/strict";
import { run, spawnProcess } from "../../src/platform/process.ts";
import type { Finished } from "../../src/platform/process.ts";
import { helms } from "../chart/helm.ts";
import type { Helm } from "../chart/helm.ts";
import { agentsOf, countsOf, lossBetween, metricsOf } from "./agents.ts";
import {
  clusterTest,
  eventually,
  get,
  kubectl,
  makeFault,
  pause,
  tryKubectl,
  withNamespace,
} from "./cluster.ts";
import { joinNode } from "./joining.ts";
import { baseValues, deploy, helmDo, releaseName, tryDeploy } from "./release.ts";

const root = new URL("../../", import.meta.url).pathname;

clusterTest(
  "helm install alone: a node that joins is probed by all within 30 s, one that leaves by none",
  {
    image: true,
    faults: true,
  },
  (helm) =>
    withRelease(helm, "alone", [], async (namespace) => {
      await deploy(helm, namespace);
      const { joined } = await joinAndLeave(namespace);
      assert.ok(joined <= 30, `${joined} s`);
    }),
  helms,
);

clusterTest("sync --watch takes a node in and out, and all agents follow", {
  image: true,
  faults: true,
}, (helm) =>
  withRelease(helm, "sync", [], async (namespace) => {
    await deploy(helm, namespace, { sync: { enabled: false } });
    const watching = startWatch(helm, namespace);
    try {
      await joinAndLeave(namespace);
      const history = await helmDo(helm, namespace, "history", releaseName);
      assert.match(history, /nodeping sync: \+1 -0 ~0/);
      assert.match(history, /deployed .*nodeping sync: \+0 -1 ~0/);
    } finally {
      assert.equal(await watching.stop(), 0);
    }
  }));

clusterTest("switching the sync in the cluster restarts no agent and loses no probe", {
  image: true,
}, (helm) =>
  withRelease(helm, "live", [], async (namespace) => {
    await deploy(helm, namespace, { sync: { enabled: false } });
    const nodes = await nodeNames();
    // Helm 3 waits for all pods but one, and the kubelet asks less often than agents probe.
    await eventually(30, async () => {
      await assertAllProbe(namespace, nodeNames());
      assert.ok((await agentsOfNodes(namespace, nodes)).every(({ ready }) => ready));
    });
    const before = await agentsOfNodes(namespace, nodes);
    const counts = await countsOf(namespace, before);

    await deploy(helm, namespace);
    await eventually(
      30,
      async () => assert.deepEqual(await liveNodes(namespace), await nodeNames()),
    );
    await helmDo(helm, namespace, "rollback", releaseName, "1", "--wait");
    assert.deepEqual(await liveNodes(namespace), []);
    // Longer than a kubelet takes to show it.
    await pause(15);
    const agents = await agentsOfNodes(namespace, nodes);
    assert.deepEqual(agents, before);
    const after = await countsOf(namespace, agents);
    const lost = [...lossBetween(counts, after)].filter(([, { lost }]) => lost > 0);
    assert.deepEqual(lost, [], "a pair that stayed lost probes");
  }), helms);

/** Node objects that no kubelet keeps, as public reports have them, and one about to go. */
const oddNodes = [
  { name: "nodeping-e2e-empty", addresses: [{ type: "InternalIP", address: "" }] },
  {
    name: "nodeping-e2e-local",
    addresses: ["127.0.1.1", "fe80::250:56ff:fe9f:b059", "169.254.7.7"].map((address) => ({
      type: "InternalIP",
      address,
    })),
  },
  {
    name: "nodeping-e2e-going",
    addresses: [{ type: "InternalIP", address: "10.99.0.250" }],
    taints: [{ key: "karpenter.sh/disruption", value: "disrupting", effect: "NoSchedule" }],
  },
  {
    name: "nodeping-e2e-terminating",
    addresses: [{ type: "InternalIP", address: "10.99.0.251" }],
    conditions: [{ type: "Terminating", status: "True", reason: "TerminationRequested" }],
  },
];

clusterTest("nodes with bad addresses are left out, at install and by the sync, which says so", {
  image: true,
}, (helm) =>
  withRelease(helm, "odd", [], async (namespace) => {
    const real = await nodeNames();
    try {
      for (const { name, addresses, taints = [], conditions = [] } of oddNodes) {
        const labels = { "kubernetes.io/os": "linux" };
        const created = await tryKubectl(
          ["create", "-f", "-"],
          JSON.stringify({
            apiVersion: "v1",
            kind: "Node",
            metadata: { name, labels },
            spec: { taints },
          }),
        );
        assert.equal(created.code, 0, created.stderr);
        const status = JSON.stringify({ status: { addresses, conditions } });
        await kubectl("patch", "node", name, "--subresource=status", "--type=merge", "-p", status);
      }
      // Nobody waits for the pods of nodes that no kubelet runs.
      const made = await tryDeploy(helm, namespace, baseValues());
      assert.equal(made.code, 0, made.stderr);
      assert.deepEqual(await listed(namespace, `${releaseName}-config`), real);
      await eventually(60, async () => assert.deepEqual(await liveNodes(namespace), real));
      const log = await kubectl("logs", "-n", namespace, `deployment/${releaseName}-sync`);
      assert.match(log, /nodeping-e2e-empty.* has no address for ipv4 that other nodes can probe/);
      assert.match(log, /nodeping-e2e-local.* has no address for ipv4 .*127\.0\.1\.1/);
      await eventually(60, () => assertAllProbe(namespace, Promise.resolve(real)));
    } finally {
      await kubectl("delete", "node", "--ignore-not-found", ...oddNodes.map(({ name }) => name));
    }
  }), helms);

clusterTest("a bad entry of the list stops no agent, and the next sync mends it", {
  image: true,
}, (helm) =>
  withRelease(helm, "bad", [], async (namespace) => {
    const real = await nodeNames();
    await deploy(helm, namespace, { sync: { enabled: false } });
    await eventually(30, () => assertAllProbe(namespace, nodeNames()));
    const name = `${releaseName}-config`;
    const { data } = await get<V1ConfigMap>("configmap", name, "-n", namespace);
    const nodes = JSON.parse(data?.["nodes.json"] ?? "[]") as unknown[];
    const bad = [...nodes, { name: "bad-1", ipAddress: "" }, {
      name: "bad-2",
      ipAddress: "169.254.9.9",
    }];
    const patch = JSON.stringify({ data: { "nodes.json": JSON.stringify(bad) } });
    await kubectl("patch", "configmap", name, "-n", namespace, "--type=merge", "-p", patch);
    const skipped = async (): Promise<string> => {
      const agents = await agentsOfNodes(namespace, real);
      const texts = await Promise.all(agents.map((agent) => metricsOf(namespace, agent)));
      return texts.map((text) =>
        ["invalid", "unusable_address"].map((reason) =>
          new RegExp(`config_skipped_entries{.*reason="${reason}".*} (\\d+)`).exec(text)?.[1]
        ).join()
      ).join(" ");
    };
    await eventually(
      60,
      async () => assert.equal(await skipped(), real.map(() => "1,1").join(" ")),
    );
    await assertAllProbe(namespace, nodeNames());
    const flags = helm.name === "helm4" ? ["--force-conflicts"] : [];
    const { code, stderr } = await runSync(helm, namespace, flags);
    assert.equal(code, 0, stderr);
    await eventually(
      60,
      async () => assert.equal(await skipped(), real.map(() => "0,0").join(" ")),
    );
  }), helms);

clusterTest(
  "a sync that cannot reach the API server says so by name and remedy, and is not ready",
  { image: true },
  (helm) =>
    withRelease(helm, "unreachable", [], async (namespace) => {
      const extraEnv = [{ name: "KUBERNETES_SERVICE_HOST", value: "192.0.2.1" }];
      const made = await tryDeploy(helm, namespace, { ...baseValues(), sync: { extraEnv } });
      assert.equal(made.code, 0, made.stderr);
      const name = `${releaseName}-sync`;
      await eventually(40, async () => {
        const log = await kubectl("logs", "-n", namespace, `deployment/${name}`);
        assert.match(log, /(No answer from|Cannot reach) the API server https:\/\/192\.0\.2\.1/);
        assert.match(log, /NetworkPolicy.*kube-proxy.*sync\.extraEnv/);
      });
      const { status } = await get<V1Deployment>("deployment", name, "-n", namespace);
      assert.equal(status?.readyReplicas ?? 0, 0);
      await eventually(30, () => assertAllProbe(namespace, nodeNames()));
    }),
);

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

/** Resolves with the seconds until all agents probed the node that joined. */
async function joinAndLeave(namespace: string): Promise<{ readonly joined: number }> {
  const others = await nodeNames();
  const number = await joinNode();
  const name = `node-${number}`;
  let joined = NaN;
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
    joined = secondsSince(startMs);
    report(`All agents probe a node ${joined} s after it joined`);
    await eventually(60, () => assertAllProbe(namespace, nodeNames()));
  } finally {
    await makeFault("remove-node", number);
  }
  const startMs = performance.now();
  await eventually(60, async () => {
    const counts = await countsOf(namespace, await agentsOfNodes(namespace, others));
    assert.deepEqual(counts.filter(({ destination }) => destination === name), []);
  });
  report(`No agent probes it ${secondsSince(startMs)} s after it was removed`);
  return { joined };
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

function liveNodes(namespace: string): Promise<string[]> {
  return listed(namespace, `${releaseName}-config-live`);
}

/** Names in the list of the ConfigMap. */
async function listed(namespace: string, configMap: string): Promise<string[]> {
  const { data } = await get<V1ConfigMap>("configmap", configMap, "-n", namespace);
  const nodes = JSON.parse(data?.["nodes.json"] ?? "[]") as { name: string }[];
  return nodes.map(({ name }) => name);
}

/** `helm nodeping sync`, from source. */
function runSync(helm: Helm, namespace: string, flags: readonly string[]): Promise<Finished> {
  return run(spawnProcess, {
    command: Deno.execPath(),
    args: ["run", "--allow-all", `${root}/main.ts`, "sync", releaseName, ...flags],
    env: { HELM_BIN: helm.command, HELM_NAMESPACE: namespace },
  });
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

function secondsSince(startMs: number): number {
  return Math.round((performance.now() - startMs) / 100) / 10;
}

function report(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}
