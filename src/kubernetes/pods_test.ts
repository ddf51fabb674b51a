import type { V1Pod, V1PodStatus } from "@kubernetes/client-node";
import assert from "node:assert/strict";
import { agentPods } from "./pods.ts";

function pod(status: V1PodStatus, nodeName?: string): V1Pod {
  const containers = [{ name: "node-ping", ports: [{ name: "metrics", containerPort: 10927 }] }];
  return {
    metadata: { name: "node-ping-abcde" },
    spec: { containers, ...(nodeName === undefined ? {} : { nodeName }) },
    status,
  };
}

function waits(phase: string, reason: string, exit?: { exitCode: number; reason: string }): V1Pod {
  const containerStatuses = [{
    ...{ name: "node-ping", ready: false, restartCount: 3, imageID: "" },
    image: "registry.example/nodeping:1",
    state: { waiting: { reason } },
    ...(exit === undefined ? {} : { lastState: { terminated: exit } }),
  }];
  return pod({ phase, containerStatuses }, "node-1");
}

async function listed(pod: V1Pod): Promise<string | undefined> {
  const api = {
    namespace: "monitoring",
    json: () => Promise.resolve({ items: [pod] }),
  };
  const [agent] = await agentPods(api, undefined, new AbortController().signal);
  return agent && `${agent.node}: ${"reason" in agent ? agent.reason : "is read"}`;
}

Deno.test("agentPods() says what the kubelet waits for", async () => {
  const reportOf = async (pod: V1Pod) =>
    (await listed(pod))?.replace("its agent's pod node-ping-abcde ", "");
  assert.equal(
    await reportOf(waits("Pending", "ImagePullBackOff")),
    'node-1: is Pending: ImagePullBackOff, image "registry.example/nodeping:1"',
  );
  assert.equal(
    await reportOf(waits("Pending", "ContainerCreating")),
    "node-1: is Pending: ContainerCreating",
  );
  assert.equal(
    await reportOf(waits("Running", "CrashLoopBackOff", { exitCode: 2, reason: "Error" })),
    "node-1: waits: CrashLoopBackOff, it ended with exit code 2: see its log",
  );
  assert.equal(
    await reportOf(waits("Running", "CrashLoopBackOff", { exitCode: 137, reason: "OOMKilled" })),
    "node-1: waits: CrashLoopBackOff, it ended with exit code 137 (OOMKilled): see its log",
  );
  assert.equal(
    await reportOf(pod({ phase: "Failed", reason: "Evicted" }, "node-1")),
    "node-1: is Failed: Evicted",
  );
  assert.equal(await reportOf(pod({ phase: "Running" }, "node-1")), "node-1: is read");
});

Deno.test("agentPods() looks at the agent's container, whatever stands before it", async () => {
  const crashing = waits("Running", "CrashLoopBackOff", { exitCode: 2, reason: "Error" });
  const proxy = { ready: true, restartCount: 0, imageID: "", image: "", name: "istio-proxy" };
  const statuses = [proxy, ...crashing.status?.containerStatuses ?? []];
  const meshed = pod({ ...crashing.status, containerStatuses: statuses }, "node-1");
  assert.match(await listed(meshed) ?? "", /^node-1: .* waits: CrashLoopBackOff, it ended with/);
});

Deno.test("agentPods() knows the node of a DaemonSet's pod that no scheduler could place", async () => {
  const message = "0/4 nodes are available: 1 node(s) didn't have free ports";
  const waiting = pod({ conditions: [{ type: "PodScheduled", status: "False", message }] });
  assert.equal(await listed(waiting), undefined);
  const matchFields = [{ key: "metadata.name", operator: "In", values: ["node-4"] }];
  const nodeSelector = { nodeSelectorTerms: [{ matchFields }] };
  const meant: V1Pod = {
    ...waiting,
    spec: {
      containers: [],
      affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: nodeSelector } },
    },
  };
  assert.equal(
    await listed(meant),
    `node-4: its agent's pod node-ping-abcde is not scheduled: ${message}`,
  );
});
