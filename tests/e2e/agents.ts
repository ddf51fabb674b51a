/** The agents of a release, read through the API server. @module */

import type { V1PodList } from "@kubernetes/client-node";
import { get, kubectl } from "./cluster.ts";
import { agentPort } from "./release.ts";

/** A running agent. */
export interface Agent {
  readonly pod: string;
  readonly node: string;
  readonly ready: boolean;
}

/** What one agent has counted of one pair since it started. */
export interface PairCount {
  readonly source: string;
  readonly destination: string;
  readonly sent: number;
  readonly received: number;
}

/** The agents of the namespace that are not being removed. */
export async function agentsOf(namespace: string): Promise<Agent[]> {
  const selector = ["-l", "app=node-ping,app.kubernetes.io/component=agent"];
  const { items } = await get<V1PodList>("pods", "-n", namespace, ...selector);
  return items
    .filter((pod) => pod.metadata?.deletionTimestamp === undefined)
    .map((pod) => ({
      pod: pod.metadata?.name ?? "",
      node: pod.spec?.nodeName ?? "",
      ready:
        pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ??
          false,
    }));
}

/** The text of an agent's /metrics. */
export function metricsOf(
  namespace: string,
  agent: Agent,
  port: number = agentPort,
): Promise<string> {
  const pod = `/api/v1/namespaces/${namespace}/pods/${agent.pod}:${port}`;
  return kubectl("get", "--raw", `${pod}/proxy/metrics`);
}

/** The counts of every pair of the agents. */
export async function countsOf(
  namespace: string,
  agents: readonly Agent[],
  port: number = agentPort,
): Promise<PairCount[]> {
  const texts = await Promise.all(agents.map((agent) => metricsOf(namespace, agent, port)));
  return texts.flatMap(pairCounts);
}

function pairCounts(metrics: string): PairCount[] {
  const received = seriesOf(metrics, "nodeping_probes_received_total");
  return [...seriesOf(metrics, "nodeping_probes_sent_total")].map(([pair, sent]) => {
    const [source = "", destination = ""] = pair.split(" ");
    return { source, destination, sent, received: received.get(pair) ?? NaN };
  });
}

function seriesOf(metrics: string, name: string): Map<string, number> {
  const series = new Map<string, number>();
  for (
    const [, labels = "", value] of metrics.matchAll(new RegExp(`^${name}{(.*)} (\\S+)$`, "gm"))
  ) {
    const label = (key: string) => new RegExp(`(?:^|,)${key}="([^"]*)"`).exec(labels)?.[1];
    series.set(`${label("source_node")} ${label("destination_node")}`, Number(value));
  }
  return series;
}

/** Every ordered pair of these nodes, as "source destination", sorted. */
export function allPairs(nodes: readonly string[]): string[] {
  return nodes
    .flatMap((source) => nodes.filter((node) => node !== source).map((node) => `${source} ${node}`))
    .sort();
}

/** What was lost between two readings of the same agents, by "source destination". */
export function lossBetween(
  before: readonly PairCount[],
  after: readonly PairCount[],
): Map<string, { sent: number; lost: number }> {
  const earlier = new Map(before.map((count) => [`${count.source} ${count.destination}`, count]));
  return new Map(after.map((count) => {
    const pair = `${count.source} ${count.destination}`;
    const sent = count.sent - (earlier.get(pair)?.sent ?? 0);
    const received = count.received - (earlier.get(pair)?.received ?? 0);
    return [pair, { sent, lost: sent - received }];
  }));
}
