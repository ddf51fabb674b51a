/**
 * Agents of a whole cluster in one process: an HTTP server that answers for each node what the
 * agent's /metrics would, with losses that can be changed while it runs. For dashboards and rules
 * at sizes that no machine here could run for real.
 *
 * @module
 */

import { icmpErrorTypes } from "../../src/fping/output.ts";
import { fpingRestartReasons } from "../../src/fping/process.ts";
import type { PairMeasurement } from "../../src/mesh/mesh.ts";
import { families } from "../../src/metrics/families.ts";
import type { MetricFamily } from "../../src/metrics/samples.ts";
import { nodeOrder } from "../../src/metrics/samples.ts";
import { rttBucketsSeconds } from "../../src/pairs/pair.ts";
import { caseMesh } from "../cases/cluster.ts";
import type { CaseCluster } from "../cases/cluster.ts";

const external = { name: "gateway", address: "192.0.2.1" };

interface PairState {
  readonly labels: string;
  readonly destination: string;
  readonly rttSeconds: number;
  loss: number;
  sent: number;
  received: number;
  bursts: number;
  sinceMs: number;
}

/** Settings of {@linkcode SyntheticCluster}. */
export interface SyntheticOptions {
  /** Leaves out the ICMP errors, a third of all series. */
  readonly withoutIcmpErrors?: boolean;
  /** Of each pair; 2 by default. */
  readonly probesPerSecond?: number;
  /** Milliseconds since the epoch. */
  readonly nowMs?: () => number;
}

/** The agents' state. */
export class SyntheticCluster {
  readonly #pairs = new Map<string, PairState[]>();
  readonly #nowMs: () => number;
  readonly #startMs: number;
  readonly #probesPerSecond: number;
  readonly #options: SyntheticOptions;
  #cluster: CaseCluster;
  #meshDegree = 0;

  constructor(cluster: CaseCluster, options: SyntheticOptions = {}) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? Date.now;
    this.#startMs = this.#nowMs();
    this.#probesPerSecond = options.probesPerSecond ?? 2;
    this.#cluster = cluster;
    this.become(cluster);
  }

  /** Goes on with other losses or silent agents; counters keep their values. */
  become(cluster: CaseCluster): void {
    this.#cluster = cluster;
    const zoneOf = new Map(cluster.nodes.map(({ name, zone }) => [name, zone]));
    const before = new Map([...this.#pairs.values()].flat().map((pair) => [pair.labels, pair]));
    this.#pairs.clear();
    const everybody = { ...cluster, silent: [] };
    this.#meshDegree = cluster.meshDegree ?? cluster.nodes.length - 1;
    for (const pair of [...caseMesh(everybody).pairs, ...externalPairs(cluster)]) {
      const kind = pair.destination === external.name ? "external" : "node";
      const labels = text({
        source_node: pair.source,
        destination_node: pair.destination,
        destination_address: pair.address,
        destination_kind: kind,
        source_zone: zoneOf.get(pair.source),
        destination_zone: zoneOf.get(pair.destination),
      });
      const loss = 1 - pair.received / pair.sent;
      const sameZone = zoneOf.get(pair.source) === zoneOf.get(pair.destination);
      const rttSeconds = (sameZone ? 0.0003 : 0.0012) * (0.8 + spread(labels) * 0.4);
      const state = before.get(labels) ??
        {
          labels,
          destination: pair.destination,
          rttSeconds,
          sent: 0,
          received: 0,
          bursts: 0,
          loss,
          sinceMs: this.#startMs,
        };
      this.#advance(state);
      if (loss >= 0.3 && state.loss < 0.3) state.bursts += 1;
      state.loss = loss;
      this.#pairs.set(pair.source, [...this.#pairs.get(pair.source) ?? [], state]);
    }
  }

  /** The exposition of one node's agent; undefined when it is silent. */
  metrics(node: string): string | undefined {
    if (this.#cluster.silent.includes(node)) return undefined;
    const pairs = this.#pairs.get(node);
    if (pairs === undefined) return undefined;
    pairs.forEach((pair) => this.#advance(pair));
    const lines: string[] = [];
    const ofPairs = (family: MetricFamily, read: (pair: PairState) => number | undefined) => {
      head(lines, family);
      for (const pair of pairs) {
        const value = read(pair);
        if (value !== undefined) lines.push(`${family.name}{${pair.labels}} ${value}`);
      }
    };
    const ifAlive = (factor: number) => (pair: PairState) =>
      pair.loss === 1 ? undefined : pair.rttSeconds * factor;
    ofPairs(families.probesSent, (pair) => Math.floor(pair.sent));
    ofPairs(families.probesReceived, (pair) => Math.floor(pair.received));
    ofPairs(families.rttSum, (pair) => pair.received * pair.rttSeconds);
    ofPairs(families.rttMin, ifAlive(0.7));
    ofPairs(families.rttMax, ifAlive(2.5));
    ofPairs(families.rttStddev, ifAlive(0.2));
    ofPairs(families.duplicates, (pair) => Math.floor(pair.received / 5));
    ofPairs(families.sendFailures, (pair) => Math.floor((pair.sent - pair.received) / 2));
    // The way out loses a little all the time, so that its graph shows something.
    ofPairs(
      families.lossBursts,
      ({ destination, bursts, sent }) =>
        destination === external.name ? Math.floor(sent / 10) : bursts,
    );
    const ofNode = (value: number) => ({ destination }: PairState) =>
      destination === external.name ? undefined : value;
    ofPairs(families.pathMtuBytes, (pair) => pair.loss === 1 ? undefined : ofNode(1500)(pair));
    ofPairs(families.pathMtuBlackHole, ofNode(0));
    if (!this.#options.withoutIcmpErrors) this.#icmpErrors(lines, pairs);
    this.#histogram(lines, node, pairs);
    this.#agent(lines, node, pairs.length);
    return `${lines.join("\n")}\n`;
  }

  #advance(pair: PairState): void {
    const now = this.#nowMs();
    const sent = (now - pair.sinceMs) / 1000 * this.#probesPerSecond;
    pair.sent += sent;
    pair.received += sent * (1 - pair.loss);
    pair.sinceMs = now;
  }

  #icmpErrors(lines: string[], pairs: readonly PairState[]): void {
    head(lines, families.icmpErrors);
    for (const pair of pairs) {
      for (const type of icmpErrorTypes) {
        const errors = type === "host_unreachable" ? (pair.sent - pair.received) / 2 : 0;
        lines.push(
          `${families.icmpErrors.name}{${pair.labels},type="${type}"} ${Math.floor(errors)}`,
        );
      }
    }
  }

  #histogram(lines: string[], node: string, pairs: readonly PairState[]): void {
    const { name } = families.rttDistribution;
    head(lines, families.rttDistribution);
    const total = pairs.reduce((sum, pair) => sum + pair.received, 0);
    const within = (le: number) =>
      pairs.reduce(
        (sum, pair) =>
          sum + pair.received * Math.max(0, Math.min(1, (le / pair.rttSeconds - 0.7) / 1.3)),
        0,
      );
    for (const le of rttBucketsSeconds) {
      lines.push(`${name}_bucket{source_node="${node}",le="${le}"} ${Math.floor(within(le))}`);
    }
    lines.push(`${name}_bucket{source_node="${node}",le="+Inf"} ${Math.floor(total)}`);
    lines.push(`${name}_sum{source_node="${node}"} ${total * 0.0008}`);
    lines.push(`${name}_count{source_node="${node}"} ${Math.floor(total)}`);
  }

  #agent(lines: string[], node: string, targets: number): void {
    const now = this.#nowMs() / 1000;
    const troubles = Math.floor((now - this.#startMs / 1000) / 5);
    const one = (family: MetricFamily, value: number, labels: Record<string, string> = {}) => {
      head(lines, family);
      lines.push(`${family.name}{${text({ source_node: node, ...labels })}} ${value}`);
    };
    one(families.agentBuildInfo, 1, {
      version: "0.1.0",
      deno_version: "2.9.6",
      fping_version: "5.5",
    });
    one(families.agentTargets, targets);
    one(families.agentMeshDegree, this.#meshDegree);
    one(families.agentMeasuring, 1);
    one(families.agentInNodeList, 1);
    one(families.agentConfigInfo, 1, { hash: "1f3a" });
    one(families.agentReloadSuccess, 1);
    one(families.agentReloadTimestamp, this.#startMs / 1000);
    head(lines, families.agentFpingRestarts);
    for (const reason of fpingRestartReasons) {
      lines.push(
        `${families.agentFpingRestarts.name}{source_node="${node}",reason="${reason}"} ` +
          `${reason === "exited" ? troubles : 0}`,
      );
    }
    one(families.agentWrongSource, troubles);
    one(families.agentClockSteps, troubles);
    one(families.agentUnparsedLines, troubles);
    one(families.agentResolutionFailures, troubles);
    one(families.agentTextfileWriteSeconds, 0.004);
    one(families.agentTextfileWriteErrors, troubles);
    one(families.agentLastWriteTimestamp, now);
    one(families.agentNodeOrder, nodeOrder(node));
    one(families.agentProbePeriod, 1 / this.#probesPerSecond);
    const cordoned = this.#cluster.nodes.filter((other) => other.cordoned && other.name !== node);
    if (cordoned.length > 0) head(lines, families.destinationCordoned);
    for (const { name } of cordoned) {
      lines.push(
        `${families.destinationCordoned.name}{${
          text({ source_node: node, destination_node: name })
        }} 1`,
      );
    }
  }
}

/** Serves `/<node>/metrics` for every node; the port is the server's choice. */
export function serve(cluster: SyntheticCluster): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const [, node = ""] = new URL(request.url).pathname.split("/");
    const body = cluster.metrics(decodeURIComponent(node));
    return body === undefined
      ? new Response("No such agent\n", { status: 404 })
      : new Response(body, { headers: { "content-type": "text/plain; version=0.0.4" } });
  });
}

function externalPairs(cluster: CaseCluster): PairMeasurement[] {
  return cluster.nodes.map(({ name }) => ({
    source: name,
    destination: external.name,
    address: external.address,
    sent: 100,
    received: 99,
  }));
}

function head(lines: string[], { name, help, type }: MetricFamily): void {
  lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
}

function text(labels: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(labels)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}="${value}"`).join(",");
}

/** A number in 0 ... 1 that looks random and depends on the text alone. */
function spread(of: string): number {
  return nodeOrder(of) / Number.MAX_SAFE_INTEGER;
}
