/** The agents of the soak, read through the API server. @module */

import type { V1Pod, V1PodList } from "@kubernetes/client-node";
import type { KubernetesApi } from "../../src/kubernetes/client.ts";
import { isReported, parseExposition, sourceReports } from "../../src/mesh/source_report.ts";
import type { SourceReport } from "../../src/mesh/source_report.ts";
import type { AgentReading } from "./track.ts";

/** An agent that runs, as the API server knows it. */
export interface AgentPod {
  readonly node: string;
  /** Path of its /metrics. */
  readonly path: string;
  /** The pod and how often its container was started again. */
  readonly incarnation: string;
  readonly restarts: number;
}

const answerTimeoutMs = 5000;

/** The agents on these nodes, of the API's namespace, by node. */
export async function listAgents(
  api: KubernetesApi,
  nodes: readonly string[],
  signal: AbortSignal,
): Promise<readonly AgentPod[]> {
  const path = `/api/v1/namespaces/${api.namespace}/pods`;
  const labelSelector = "app=node-ping,app.kubernetes.io/component=agent";
  const { items } = await api.json(path, { query: { labelSelector }, signal }) as V1PodList;
  return items.filter((pod) =>
    pod.metadata?.deletionTimestamp === undefined && nodes.includes(pod.spec?.nodeName ?? "")
  ).map((pod) => agentPod(path, pod));
}

function agentPod(path: string, { metadata, spec, status }: V1Pod): AgentPod {
  const container = spec?.containers[0];
  const port = container?.ports?.find(({ name }) => name === "metrics")?.containerPort;
  const restarts = status?.containerStatuses?.[0]?.restartCount ?? 0;
  return {
    node: spec?.nodeName ?? "",
    path: `${path}/${metadata?.name}:${port}/proxy/metrics`,
    incarnation: `${metadata?.uid} ${restarts}`,
    restarts,
  };
}

/** Reads every agent that answers within 5 s. */
export async function readAgents(
  api: KubernetesApi,
  agents: readonly AgentPod[],
  signal: AbortSignal,
): Promise<readonly AgentReading[]> {
  const readings = await Promise.all(agents.map(async (agent) => {
    try {
      return readingOf(agent, await reportOf(api, agent, signal));
    } catch {
      // An agent that cannot be reached now is reached later, and the gap is known.
      signal.throwIfAborted();
      return undefined;
    }
  }));
  return readings.filter((reading) => reading !== undefined);
}

async function reportOf(
  api: KubernetesApi,
  { node, path }: AgentPod,
  signal: AbortSignal,
): Promise<SourceReport> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs)]);
  let text = "";
  for await (const line of api.lines(path, { signal: limited })) text += `${line}\n`;
  const report = sourceReports(parseExposition(text, isReported))
    .find(({ source }) => source === node);
  if (report === undefined) throw new Error(`The agent of ${node} does not report as ${node}`);
  return report;
}

function readingOf({ node, incarnation }: AgentPod, report: SourceReport): AgentReading {
  const { writtenSeconds, totals } = report;
  if (writtenSeconds === undefined) throw new Error(`The agent of ${node} does not tell its time`);
  return {
    source: node,
    incarnation,
    atSeconds: writtenSeconds,
    counts: new Map(
      totals.map(({ destination, sent, received }) => [destination, { sent, received }]),
    ),
  };
}
