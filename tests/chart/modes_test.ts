import assert from "node:assert/strict";
import type { V1DaemonSet, V1NetworkPolicy, V1PodSpec, V1Role } from "@kubernetes/client-node";
import { only, render, testWithHelms, valuesFile } from "./helm.ts";
import type { Helm } from "./helm.ts";

async function pod(helm: Helm, args: readonly string[]): Promise<V1PodSpec> {
  const spec = only<V1DaemonSet>(await render(helm, args), "DaemonSet").spec?.template.spec;
  assert.ok(spec);
  return spec;
}

const hostPod = {
  runAsNonRoot: false,
  runAsUser: 0,
  runAsGroup: 0,
  seccompProfile: { type: "RuntimeDefault" },
};

testWithHelms("mode host has NET_RAW and nothing else", async (helm) => {
  const spec = await pod(helm, []);
  assert.equal(spec.hostNetwork, true);
  assert.deepEqual(spec.securityContext, hostPod);
  assert.deepEqual(spec.containers[0]?.securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"], add: ["NET_RAW"] },
  });
  assert.equal(spec.containers[0]?.args?.some((arg) => arg.startsWith("--sockets")), false);
});

testWithHelms("mode host-ping has no capability and asks for ping sockets", async (helm) => {
  const spec = await pod(helm, ["-f", valuesFile("host-ping")]);
  assert.equal(spec.hostNetwork, true);
  assert.deepEqual(spec.securityContext, hostPod);
  assert.deepEqual(spec.containers[0]?.securityContext?.capabilities, { drop: ["ALL"] });
  assert.ok(spec.containers[0]?.args?.includes("--sockets=ping"));
});

testWithHelms("mode restricted shares nothing with the node", async (helm) => {
  const spec = await pod(helm, ["-f", valuesFile("restricted")]);
  assert.equal(spec.hostNetwork, undefined);
  assert.equal(spec.volumes?.some((volume) => volume.hostPath), false);
  assert.equal(spec.containers[0]?.ports?.[0]?.hostPort, undefined);
  assert.deepEqual(spec.securityContext, {
    runAsNonRoot: true,
    runAsUser: 65532,
    runAsGroup: 65532,
    sysctls: [{ name: "net.ipv4.ping_group_range", value: "0 2147483647" }],
    seccompProfile: { type: "RuntimeDefault" },
  });
  assert.deepEqual(spec.containers[0]?.securityContext?.capabilities, { drop: ["ALL"] });
  assert.ok(spec.containers[0]?.args?.includes("--textfile-dir=off"));
  assert.deepEqual(spec.containers[0]?.env?.map(({ name }) => name), ["MY_NODE_NAME"]);
});

testWithHelms("a large user of the platform is no exponent", async (helm) => {
  const spec = await pod(helm, ["--set", "mode=restricted,restricted.runAsUser=1000680000"]);
  assert.equal(spec.securityContext?.runAsUser, 1_000_680_000);
  const chosen = await pod(helm, ["-f", valuesFile("restricted-platform-user")]);
  assert.equal(chosen.securityContext?.runAsUser, undefined);
});

testWithHelms("without the textfile nothing of the node is mounted", async (helm) => {
  const spec = await pod(helm, ["-f", valuesFile("no-textfile")]);
  assert.equal(spec.volumes?.some((volume) => volume.hostPath), false);
  assert.ok(spec.containers[0]?.args?.includes("--textfile-dir=off"));
});

testWithHelms("loopbackOnly keeps everybody but the node's kubelet away", async (helm) => {
  const manifests = await render(helm, ["-f", valuesFile("loopback")]);
  const [container] = (await pod(helm, ["-f", valuesFile("loopback")])).containers;
  assert.ok(container?.args?.includes("--listen=127.0.0.1:10927"));
  for (const probe of [container?.livenessProbe, container?.readinessProbe]) {
    assert.equal(probe?.httpGet?.host, "127.0.0.1");
  }
  assert.equal(manifests.some(({ kind }) => kind === "Pod"), false, "helm test could not read it");
  const [open] = (await pod(helm, [])).containers;
  assert.deepEqual(open?.livenessProbe?.httpGet, { path: "/healthz", port: "metrics" });
});

testWithHelms("the sync in the cluster may read nodes and write one ConfigMap", async (helm) => {
  const manifests = await render(helm, ["-f", valuesFile("sync")]);
  const rules = (kind: string, name: string) => only<V1Role>(manifests, kind, name).rules;
  // Of the whole cluster, where another namespace may have a release of the same names.
  assert.deepEqual(rules("ClusterRole", "node-ping-monitoring"), [
    { apiGroups: [""], resources: ["nodes"], verbs: ["list", "watch"] },
  ]);
  assert.deepEqual(rules("Role", "node-ping"), [{
    apiGroups: [""],
    resources: ["configmaps"],
    resourceNames: ["node-ping-config-live"],
    verbs: ["get", "patch"],
  }]);
});

testWithHelms("the NetworkPolicy names no port towards the nodes", async (helm) => {
  const policy = only<V1NetworkPolicy>(
    await render(helm, ["-f", valuesFile("restricted")]),
    "NetworkPolicy",
  );
  assert.deepEqual(policy.spec?.egress, [{}]);
  assert.deepEqual(policy.spec?.ingress, [{
    ports: [{ port: "metrics", protocol: "TCP" }],
    from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } }],
  }]);
});

interface PodMonitor {
  readonly metadata: { readonly namespace: string; readonly labels: Record<string, string> };
  readonly spec: {
    readonly namespaceSelector: { readonly matchNames: readonly string[] };
    readonly selector: { readonly matchLabels: Record<string, string> };
    readonly podMetricsEndpoints: readonly Record<string, unknown>[];
  };
}

testWithHelms("the PodMonitor's series belong to the node, not to the pod", async (helm) => {
  const manifests = await render(helm, ["-f", valuesFile("podmonitor")]);
  const { metadata, spec } = only<PodMonitor>(manifests, "PodMonitor", "node-ping");
  assert.equal(metadata.namespace, "monitoring");
  assert.equal(metadata.labels["release"], "kube-prometheus-stack");
  assert.deepEqual(spec.namespaceSelector.matchNames, ["monitoring"]);
  const labels = only<V1DaemonSet>(manifests, "DaemonSet").spec?.template.metadata?.labels ?? {};
  for (const [key, value] of Object.entries(spec.selector.matchLabels)) {
    assert.equal(labels[key], value);
  }
  assert.deepEqual(spec.podMetricsEndpoints, [{
    port: "metrics",
    path: "/metrics",
    interval: "15s",
    scrapeTimeout: "10s",
    relabelings: [
      {
        action: "replace",
        sourceLabels: ["__meta_kubernetes_pod_node_name"],
        targetLabel: "instance",
      },
      { action: "labeldrop", regex: "pod|container|endpoint" },
      { action: "replace", targetLabel: "cluster", replacement: "blue" },
    ],
    metricRelabelings: [
      {
        action: "drop",
        sourceLabels: ["__name__"],
        regex: "nodeping_rtt_distribution_seconds_.*",
      },
    ],
  }]);
});
