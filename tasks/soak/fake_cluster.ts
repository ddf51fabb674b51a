/**
 * A cluster of simulated agents for the soak's own tests: it answers as API server, as agents and as
 * the cluster's tool, and counts two probes a second by a clock that tests move.
 *
 * @module
 */

import type { KubernetesApi } from "../../src/kubernetes/client.ts";
import type { LongPackets } from "./stage.ts";
import type { FakeClock } from "../../tests/fakes/clock.ts";

interface FakeAgent {
  restarts: number;
  /** Undefined while it is dead. */
  startedMs: number | undefined;
}

interface FakeFault {
  readonly nodes: readonly string[];
  readonly share: number;
  readonly fromMs: number;
  toMs: number;
}

const periodMs = 500;
const timeoutMs = 1000;
/** Three intervals of a path MTU. */
const measuredMs = 30_000;

/** See the module. */
export class FakeCluster {
  readonly calls: string[] = [];
  /** For tests: more losses, by the number of the probe. */
  loses: (source: string, destination: string, probe: number) => boolean = () => false;
  /** For tests: memory of an agent in kB. */
  rssKb: (atMs: number) => number = () => 50_000;
  readonly #clock: FakeClock;
  readonly #agents = new Map<string, FakeAgent>();
  readonly #joinedMs = new Map<string, number>();
  readonly #faults: FakeFault[] = [];
  readonly #blackHoles = new Map<string, { readonly from: string; readonly sinceMs: number }>();

  constructor(clock: FakeClock, nodes: readonly string[]) {
    this.#clock = clock;
    for (const node of nodes) this.#join(node);
  }

  /** The API server. */
  get api(): KubernetesApi {
    return {
      namespace: "monitoring",
      json: () =>
        Promise.resolve({ items: [...this.#agents].map(([node, agent]) => pod(node, agent)) }),
      text: async (path) => {
        const node = /\/pods\/agent-(.*):10927/.exec(path)?.[1] ?? "";
        return (await Array.fromAsync(this.#metrics(node))).map((line) => `${line}\n`).join("");
      },
      lines: () => {
        throw new Error("Nothing is watched");
      },
      [Symbol.dispose]: () => {},
    };
  }

  /** The cluster's tool. */
  readonly tool = async (...args: string[]): Promise<string> => {
    const [command, first = "", second = ""] = args;
    const script = args.at(-1) ?? "";
    const signal = /kill -(\w+)/.exec(script)?.[1];
    this.calls.push([...args.filter((arg) => !arg.includes("\n")), signal ?? ""].join(" ").trim());
    await this.#clock.sleep(100, new AbortController().signal);
    const node = `node-${first}`;
    if (command === "add-node") this.#join(node);
    if (command === "remove-node") this.#agents.delete(node);
    if (command === "isolate") this.#fail([node], 1);
    if (command === "cut") this.#fail([node, `node-${second}`], 1);
    if (command === "loss") this.#fail([node, `node-${second}`], Number(args[3]) / 100);
    if (command === "heal") {
      for (const fault of this.#faults) fault.toMs = Math.min(fault.toMs, this.#now);
    }
    if (command === "on-node") return this.#onNode(node, signal);
    return "";
  };

  /** What the agents' path MTUs come from. */
  readonly longPackets: LongPackets = {
    drop: (to, from) => Promise.resolve(this.#blackHoles.set(to, { from, sinceMs: this.#now })),
    pass: (to) => Promise.resolve(this.#blackHoles.delete(to)),
  };

  /** The kubelet starts an agent again, which counts from zero. */
  restart(node: string): void {
    const agent = this.#agents.get(node);
    if (agent === undefined) return;
    agent.startedMs = this.#now;
    agent.restarts++;
  }

  get #now(): number {
    return this.#clock.monotonicMs();
  }

  #join(node: string): void {
    this.#agents.set(node, { restarts: 0, startedMs: this.#now });
    this.#joinedMs.set(node, this.#now);
  }

  #fail(nodes: readonly string[], share: number): void {
    this.#faults.push({ nodes, share, fromMs: this.#now, toMs: Infinity });
  }

  #onNode(node: string, signal: string | undefined): string {
    const agent = this.#agents.get(node);
    if (agent === undefined) throw new Error(`There is no ${node}`);
    if (signal === "KILL") agent.startedMs = undefined;
    if (signal === "CONT" && agent.startedMs === undefined) this.restart(node);
    return signal === undefined ? `${100 + agent.restarts} ${this.rssKb(this.#now)} 9000\n` : "";
  }

  async *#metrics(source: string): AsyncGenerator<string> {
    const started = this.#agents.get(source)?.startedMs;
    const isCutOff = this.#faults.some((fault) =>
      fault.nodes.length === 1 && fault.nodes[0] === source && fault.toMs === Infinity
    );
    if (started === undefined || isCutOff) throw new Error("No route to host");
    yield `nodeping_agent_last_write_timestamp_seconds{source_node="${source}"} ${
      this.#clock.wallMs() / 1000
    }`;
    for (const destination of this.#agents.keys()) {
      if (destination === source) continue;
      const from = Math.max(started, this.#joinedMs.get(destination) ?? 0);
      const sent = Math.max(0, Math.floor((this.#now - timeoutMs - from) / periodMs));
      let lost = 0;
      for (let probe = 0; probe < sent; probe++) {
        if (this.#isLost(source, destination, probe, from + probe * periodMs)) lost++;
      }
      const labels = `source_node="${source}",destination_node="${destination}",` +
        `destination_address="${destination}",destination_kind="node"`;
      yield `nodeping_probes_sent_total{${labels}} ${sent}`;
      yield `nodeping_probes_received_total{${labels}} ${sent - lost}`;
      const isBlackHole = [[source, destination], [destination, source]].some(([to = "", from]) => {
        const hole = this.#blackHoles.get(to);
        return hole !== undefined && hole.from === from && this.#now >= hole.sinceMs + measuredMs;
      });
      yield `nodeping_path_mtu_bytes{${labels}} ${isBlackHole ? 1400 : 1500}`;
      yield `nodeping_path_mtu_black_hole{${labels}} ${isBlackHole ? 1 : 0}`;
    }
  }

  #isLost(source: string, destination: string, probe: number, atMs: number): boolean {
    return this.loses(source, destination, probe) ||
      this.#faults.some((fault) =>
        fault.fromMs <= atMs && atMs < fault.toMs && probe * 7 % 10 < fault.share * 10 &&
        fault.nodes.every((node) => node === source || node === destination)
      );
  }
}

function pod(node: string, { restarts }: FakeAgent): unknown {
  return {
    metadata: { name: `agent-${node}`, uid: node },
    spec: { nodeName: node, containers: [{ ports: [{ name: "metrics", containerPort: 10927 }] }] },
    status: { phase: "Running", containerStatuses: [{ restartCount: restarts }] },
  };
}
