/** Reads the agents again and again, and keeps all that was read. @module */

import type { KubernetesApi } from "../../src/kubernetes/client.ts";
import type { Clock } from "../../src/platform/clock.ts";
import { listAgents, readAgents } from "./agents.ts";
import type { AgentPod } from "./agents.ts";
import { memoryScript, readMemory } from "./memory.ts";
import type { MemorySample } from "./memory.ts";
import { numberOf } from "./node_shell.ts";
import type { AgentReading } from "./track.ts";

/** What an observer needs of the world. */
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
      const strangers = readings.flatMap(({ counts }) => [...counts.keys()])
        .filter((node) => !nodes.includes(node)).length;
      const answering = readings.flatMap(({ counts }) => [...counts.values()])
        .filter(({ received }) => received > 0).length - strangers;
      return answering === goal && strangers === 0
        ? undefined
        : `${readings.length} of ${nodes.length} agents answer, ${answering} of ${goal} pairs ` +
          `are measured, and ${strangers} to nodes that are gone`;
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
