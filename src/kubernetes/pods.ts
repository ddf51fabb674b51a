/** nodeping's own workloads: the agents' pods, and DaemonSets that no Helm release owns. @module */

import type { V1ContainerStatus, V1DaemonSetList, V1Pod } from "@kubernetes/client-node";
import type { KubernetesApi } from "./client.ts";

/** The pod of one agent: how to read it, or why it cannot be read. */
export type AgentPod =
  | { readonly node: string; readonly metricsPath: string }
  | { readonly node: string; readonly reason: string };

/** A PodList as it comes; client-node's type renames "continue". */
interface PodPage {
  readonly metadata?: { readonly continue?: string };
  readonly items: readonly V1Pod[];
}

const pageSize = "500";

/** Lists the agents of a release, or of every release in the namespace, one pod a node. */
export async function agentPods(
  api: Pick<KubernetesApi, "namespace" | "json">,
  release: string | undefined,
  signal: AbortSignal,
): Promise<readonly AgentPod[]> {
  const path = `/api/v1/namespaces/${encodeURIComponent(api.namespace)}/pods`;
  const labelSelector = "app=node-ping,app.kubernetes.io/component=agent" +
    (release === undefined ? "" : `,app.kubernetes.io/instance=${release}`);
  const found = new Map<string, AgentPod>();
  let more = "";
  do {
    const query = { labelSelector, limit: pageSize, ...(more === "" ? {} : { continue: more }) };
    const page = await api.json(path, { query, signal }) as PodPage;
    for (const pod of page.items) {
      const agent = agentPod(path, pod);
      const known = agent && found.get(agent.node);
      // A rollout may leave a dying pod beside the new one.
      if (agent && (known === undefined || "reason" in known)) found.set(agent.node, agent);
    }
    more = page.metadata?.continue ?? "";
  } while (more !== "");
  return [...found.values()].sort((one, other) => one.node < other.node ? -1 : 1);
}

function agentPod(path: string, pod: V1Pod): AgentPod | undefined {
  const node = nodeOfPod(pod);
  if (node === undefined) return undefined;
  const reason = problemOfPod(pod);
  if (reason !== undefined) return { node, reason };
  const port = pod.spec?.containers.flatMap((container) => container.ports ?? [])
    .find((port) => port.name === "metrics")?.containerPort;
  if (port === undefined) return { node, reason: "its agent does not listen (--listen=off)" };
  return { node, metricsPath: `${path}/${pod.metadata?.name}:${port}/proxy/metrics` };
}

/** The node that the pod is on, or that its DaemonSet means it for; undefined where neither is said. */
function nodeOfPod({ spec }: V1Pod): string | undefined {
  if (spec?.nodeName) return spec.nodeName;
  const terms = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
    ?.nodeSelectorTerms ?? [];
  return terms.flatMap((term) => term.matchFields ?? [])
    .find(({ key }) => key === "metadata.name")?.values?.[0];
}

/** As the chart names it; a service mesh puts containers of its own beside it. */
const agentContainer = "node-ping";

/** What keeps the agent from running; undefined when its container runs. */
function problemOfPod({ metadata, spec, status }: V1Pod): string | undefined {
  if (metadata?.deletionTimestamp) return "its agent is being replaced";
  const pod = `its agent's pod ${metadata?.name}`;
  if (!spec?.nodeName) {
    const { message } = status?.conditions?.find(({ type }) => type === "PodScheduled") ?? {};
    return `${pod} is not scheduled` + (message === undefined ? "" : `: ${message}`);
  }
  const container = status?.containerStatuses?.find(({ name }) => name === agentContainer);
  const waiting = container?.state?.waiting;
  const why = waiting?.reason === undefined ? status?.reason : waitText(waiting.reason, container);
  if (status?.phase !== "Running") {
    return `${pod} is ${status?.phase}` + (why === undefined ? "" : `: ${why}`);
  }
  return waiting === undefined ? undefined : `${pod} waits: ${why ?? "no reason is given"}`;
}

/** The kubelet's word, and what a person asks for next: which image, or how it ended. */
function waitText(reason: string, container: V1ContainerStatus | undefined): string {
  if (reason.includes("Image")) return `${reason}, image "${container?.image}"`;
  const { exitCode, reason: ended } = container?.lastState?.terminated ?? {};
  if (exitCode === undefined) return reason;
  return `${reason}, it ended with exit code ${exitCode}` +
    (ended === undefined || ended === "Error" ? "" : ` (${ended})`) + ": see its log";
}

/** A DaemonSet of the chart. */
export interface FoundDaemonSet {
  /** metadata.name. */
  readonly name: string;
  /** The Argo CD application that its tracking label or annotation names. */
  readonly argoApplication?: string;
  /** The Helm release that owns it. */
  readonly helmRelease?: string;
}

/** Lists the chart's DaemonSets in the client's namespace. */
export async function nodepingDaemonSets(
  api: KubernetesApi,
  signal: AbortSignal,
): Promise<FoundDaemonSet[]> {
  const path = `/apis/apps/v1/namespaces/${encodeURIComponent(api.namespace)}/daemonsets`;
  const query = { labelSelector: "app.kubernetes.io/name=nodeping" };
  const { items } = await api.json(path, { query, signal }) as V1DaemonSetList;
  return items.map(({ metadata }) => {
    const tracking = metadata?.annotations?.["argocd.argoproj.io/tracking-id"];
    const application = metadata?.labels?.["argocd.argoproj.io/instance"] ??
      tracking?.split(":")[0];
    const release = metadata?.annotations?.["meta.helm.sh/release-name"];
    return {
      name: metadata?.name ?? "",
      ...(release ? { helmRelease: release } : {}),
      ...(application ? { argoApplication: application } : {}),
    };
  });
}
