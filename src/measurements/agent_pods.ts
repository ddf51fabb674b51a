/** The pods of the agents, as the API server lists them. @module */

import type { V1Pod } from "@kubernetes/client-node";
import type { AgentApi } from "./agents.ts";

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
  api: AgentApi,
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

function agentPod(path: string, { metadata, spec, status }: V1Pod): AgentPod | undefined {
  const node = spec?.nodeName;
  // A pod that no node has taken yet measures for none.
  if (!node) return undefined;
  if (metadata?.deletionTimestamp) return { node, reason: "its agent is being replaced" };
  if (status?.phase !== "Running") return { node, reason: `its agent's pod is ${status?.phase}` };
  const port = spec?.containers.flatMap((container) => container.ports ?? [])
    .find((port) => port.name === "metrics")?.containerPort;
  if (port === undefined) return { node, reason: "its agent does not listen (--listen=off)" };
  return { node, metricsPath: `${path}/${metadata?.name}:${port}/proxy/metrics` };
}
