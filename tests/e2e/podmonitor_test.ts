import type { V1Pod, V1PodList } from "@kubernetes/client-node";
import assert from "node:assert/strict";
import { stringify } from "yaml";
import { spawnProcess } from "../../src/platform/process.ts";
import { chart, only, parseManifests, runHelm } from "../chart/helm.ts";
import { clusterTest, eventually, get, withNamespace } from "./cluster.ts";
import { agentPort, baseValues, deploy, helmDo, releaseName } from "./release.ts";

interface Relabeling {
  readonly action: string;
  readonly sourceLabels?: readonly string[];
  readonly targetLabel?: string;
  readonly regex?: string;
  readonly replacement?: string;
}

interface PodMonitor {
  readonly spec: {
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly podMetricsEndpoints: readonly [
      { readonly port: string; readonly relabelings: readonly Relabeling[] },
    ];
  };
}

const meta = "__meta_kubernetes_pod";

const labelName = (key: string): string => key.replaceAll(/[^A-Za-z0-9_]/g, "_");

/** What Prometheus' service discovery says of a pod; Debian's Prometheus is built without it. */
function discoveredLabels({ metadata, spec }: V1Pod): Record<string, string> {
  const labels = Object.entries(metadata?.labels ?? {})
    .map(([key, value]) => [`${meta}_label_${labelName(key)}`, value]);
  return {
    ...Object.fromEntries(labels),
    __meta_kubernetes_namespace: metadata?.namespace ?? "",
    [`${meta}_name`]: metadata?.name ?? "",
    [`${meta}_node_name`]: spec?.nodeName ?? "",
    [`${meta}_container_name`]: spec?.containers[0]?.name ?? "",
    [`${meta}_container_port_name`]: spec?.containers[0]?.ports?.[0]?.name ?? "",
  };
}

/** The scrape job that the Prometheus operator makes of a PodMonitor, as far as labels go. */
function scrapeJob(monitor: PodMonitor, pods: readonly V1Pod[]): object {
  const [endpoint] = monitor.spec.podMetricsEndpoints;
  const selected = Object.entries(monitor.spec.selector.matchLabels).map(([key, value]) => ({
    action: "keep",
    source_labels: [`${meta}_label_${labelName(key)}`],
    regex: value,
  }));
  return {
    job_name: "podMonitor",
    static_configs: pods.map((pod) => ({
      targets: [`${pod.status?.podIP}:${agentPort}`],
      labels: discoveredLabels(pod),
    })),
    relabel_configs: [
      ...selected,
      { action: "keep", source_labels: [`${meta}_container_port_name`], regex: endpoint.port },
      { source_labels: ["__meta_kubernetes_namespace"], target_label: "namespace" },
      { source_labels: [`${meta}_container_name`], target_label: "container" },
      { source_labels: [`${meta}_name`], target_label: "pod" },
      { target_label: "job", replacement: releaseName },
      { target_label: "endpoint", replacement: endpoint.port },
      ...endpoint.relabelings.map(({ action, sourceLabels, targetLabel, regex }) => ({
        action,
        ...(sourceLabels ? { source_labels: sourceLabels } : {}),
        ...(targetLabel ? { target_label: targetLabel } : {}),
        ...(regex ? { regex } : {}),
      })),
    ],
  };
}

async function withPrometheus(job: object, test: (url: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  const config = { global: { scrape_interval: "1s" }, scrape_configs: [job] };
  await Deno.writeTextFile(`${directory}/prometheus.yml`, stringify(config));
  const address = "127.0.0.1:19097";
  const child = spawnProcess({
    command: "prometheus",
    args: [
      `--config.file=${directory}/prometheus.yml`,
      `--storage.tsdb.path=${directory}/data`,
      `--web.listen-address=${address}`,
    ],
  });
  const outputs = Promise.all([child.stdout, child.stderr].map((s) => new Response(s).text()));
  try {
    await test(`http://${address}`);
  } catch (error) {
    child.kill("SIGTERM");
    throw new Error(`Prometheus said: ${(await outputs).join("\n")}`, { cause: error });
  } finally {
    child.kill("SIGTERM");
    await child.status;
    await outputs;
    await Deno.remove(directory, { recursive: true });
  }
}

clusterTest(
  "scraped as the PodMonitor says, a series belongs to its node",
  { image: true },
  (helm) =>
    withNamespace("podmonitor", [], async (namespace) => {
      await deploy(helm, namespace, { mode: "restricted" });
      const { items: pods } = await get<V1PodList>("pods", "-n", namespace);
      const nodes = pods
        .filter(({ metadata }) => metadata?.labels?.["app.kubernetes.io/component"] === "agent")
        .map(({ spec }) => spec?.nodeName ?? "").sort();
      const values = { ...baseValues(), mode: "restricted", podMonitor: { enabled: true } };
      const args = ["template", releaseName, chart, "-n", namespace, "-f", "-"];
      const { stdout } = await runHelm(helm, args, JSON.stringify(values));
      const monitor = only<PodMonitor>(parseManifests(stdout), "PodMonitor", releaseName);
      await withPrometheus(scrapeJob(monitor, pods), async (url) => {
        const query = encodeURIComponent(
          "count by (instance, source_node) (nodeping_agent_build_info)",
        );
        await eventually(20, async () => {
          const response = await fetch(`${url}/api/v1/query?query=${query}`);
          const { data } = await response.json() as {
            data: { result: { metric: Record<string, string> }[] };
          };
          const found = data.result.map(({ metric }) => metric);
          assert.deepEqual(
            found.sort((x, y) => x["instance"]! < y["instance"]! ? -1 : 1),
            nodes.map((node) => ({ instance: node, source_node: node })),
          );
        });
        const response = await fetch(`${url}/api/v1/targets?state=active`);
        const { data } = await response.json() as {
          data: { activeTargets: { labels: Record<string, string> }[] };
        };
        for (const { labels } of data.activeTargets) {
          assert.deepEqual(Object.keys(labels).sort(), ["instance", "job", "namespace"]);
        }
      });
      await helmDo(helm, namespace, "uninstall", releaseName, "--wait");
    }),
);
