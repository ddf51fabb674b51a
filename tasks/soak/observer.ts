/** Reads the agents through the API server again and again, and keeps all that was read. @module */

import type { V1Pod, V1PodList } from "@kubernetes/client-node";
import type { KubernetesApi } from "../../src/kubernetes/client.ts";
import { isReported, parseExposition, sourceReports } from "../../src/mesh/source_report.ts";
import type { SourceReport } from "../../src/mesh/source_report.ts";
import type { Clock } from "../../src/platform/clock.ts";
import type { AgentReading } from "./expectation.ts";
import { memoryScript, readMemory } from "./memory.ts";
import type { MemorySample } from "./memory.ts";
import { numberOf } from "./node_shell.ts";

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
  const text = await api.text(path, { signal: limited });
  const report = sourceReports(parseExposition(text, isReported))
    .find(({ source }) => source === node);
  if (report === undefined) throw new Error(`The agent of ${node} does not report as ${node}`);
  return report;
}

function readingOf({ node, incarnation }: AgentPod, report: SourceReport): AgentReading {
  const { writtenSeconds, totals } = report;
  if (writtenSeconds === undefined) {
    throw new Error(`The agent of ${node} does not report its time`);
  }
  return {
    source: node,
    incarnation,
    atSeconds: writtenSeconds,
    counts: new Map(
      totals.map(({ destination, sent, received }) => [destination, { sent, received }]),
    ),
  };
}

/** What an observer is given from outside. */
export interface ObserverSettings {
  readonly api: KubernetesApi;
  /** Runs the cluster's tool and gives its output. */
  readonly tool: (...args: string[]) => Promise<string>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** A change must have reached every agent after so long. */
const patienceMs = 180_000;
const pollMs = 2000;

/** All that was read of the agents. */
export class Observer {
  readonly #settings: ObserverSettings;
  readonly #readings: AgentReading[] = [];
  readonly #samples: MemorySample[] = [];
  #agents: ReadonlyMap<string, AgentPod> = new Map();

  constructor(settings: ObserverSettings) {
    this.#settings = settings;
  }

  /** Every reading, in the order of time. */
  get readings(): readonly AgentReading[] {
    return this.#readings;
  }

  /** Memory of the agents, in the order of time. */
  get samples(): readonly MemorySample[] {
    return this.#samples;
  }

  /** How often the agent of a node has been started again by its kubelet; undefined without one. */
  restartsOf(node: string): number | undefined {
    return this.#agents.get(node)?.restarts;
  }

  /** Reads counters and memory of the agents on these nodes, and keeps them. */
  async read(nodes: readonly string[]): Promise<void> {
    this.#readings.push(...await this.#counters(nodes));
    const { tool, clock } = this.#settings;
    // One after the other: what is measured here shares the machine with the agents.
    for (const node of nodes) {
      const answer = await tool("on-node", numberOf(node), "sh", "-c", memoryScript);
      const sample = readMemory(node, clock.wallMs() / 1000, answer);
      if (sample !== undefined) this.#samples.push(sample);
    }
  }

  /** Waits until the agents of these nodes probe each other and nobody else, with answers. */
  async settled(nodes: readonly string[]): Promise<void> {
    const goal = nodes.length * (nodes.length - 1);
    await this.#until(async () => {
      const readings = await this.#counters(nodes);
      const unlisted = readings.flatMap(({ counts }) => [...counts.keys()])
        .filter((node) => !nodes.includes(node)).length;
      const answering = readings.flatMap(({ counts }) => [...counts.values()])
        .filter(({ received }) => received > 0).length - unlisted;
      return answering === goal && unlisted === 0
        ? undefined
        : `${readings.length} of ${nodes.length} agents answer, ${answering} of ${goal} pairs ` +
          `are measured, and ${unlisted} to nodes that are gone`;
    });
  }

  /** Waits until the agent of the node was started again and all its probes are answered. */
  async restarted(node: string): Promise<void> {
    const before = this.restartsOf(node) ?? 0;
    await this.#until(async () => {
      const [reading] = await this.#counters([node]);
      const now = this.restartsOf(node) ?? 0;
      if (now <= before || reading === undefined) return `the agent of ${node} is not back`;
      const silent = [...reading.counts].filter(([, { received }]) => received === 0);
      return silent.length === 0 && reading.counts.size > 0
        ? undefined
        : `the agent of ${node} has no answer of ${silent.map(([name]) => name).join(", ")}`;
    });
  }

  async #counters(nodes: readonly string[]): Promise<readonly AgentReading[]> {
    const { api, signal } = this.#settings;
    const agents = await listAgents(api, nodes, signal);
    this.#agents = new Map([
      ...this.#agents,
      ...agents.map((agent) => [agent.node, agent] as const),
    ]);
    return await readAgents(api, agents, signal);
  }

  /** Polls until nothing is missing. Throws what was missing last when patience ends. */
  async #until(missing: () => Promise<string | undefined>): Promise<void> {
    const { clock, signal } = this.#settings;
    const deadline = clock.monotonicMs() + patienceMs;
    while (true) {
      const problem = await missing();
      if (problem === undefined) return;
      if (clock.monotonicMs() > deadline) {
        throw new Error(`After ${patienceMs / 1000} s ${problem}`);
      }
      await clock.sleep(pollMs, signal);
    }
  }
}
