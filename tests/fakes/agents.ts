/** Agents that only count: one HTTP server with the /metrics of a whole mesh, and losses to order. @module */

import { setTimeout as delay } from "node:timers/promises";
import { gzipSync } from "node:zlib";

/** A mesh of agents that exist as text alone. */
export interface FakeAgentsOptions {
  readonly nodes: number;
  /** Nodes that each probes: the next ones in a circle. */
  readonly peers: number;
  readonly zones: number;
  /** Whole expositions, as of an agent that does not know `?name[]=`. */
  readonly isOld?: boolean;
  /** Each agent's first answer again and again, so that answering costs next to nothing. */
  readonly isStill?: boolean;
  /** Each answer waits for up to this time, as an agent's does that reads its fping in bursts. */
  readonly slowestMs?: number;
}

/** Loss of probes from one node to another, 0 to 1. */
export type LossOf = (source: number, destination: number) => number;

/** Counts since it was made, twice a second, by the given clock. */
export class FakeAgents implements Disposable {
  /** Decides about the probes from now on. */
  loss: LossOf = () => 0;
  /** Nodes whose agents do not answer. */
  readonly down = new Set<number>();
  /** Nodes whose agents take requests, and never answer. */
  readonly dark = new Set<number>();
  /** Nodes whose agents cannot measure. */
  readonly unable = new Set<number>();
  /** Bytes that were answered. */
  bytes = 0;
  readonly #options: FakeAgentsOptions;
  readonly #startMs = Date.now();
  readonly #lost = new Map<number, number>();
  #countedTo = 0;
  readonly #answers = new Map<number, Uint8Array<ArrayBuffer>>();
  readonly #ended = Promise.withResolvers<void>();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(options: FakeAgentsOptions) {
    this.#options = options;
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      async (request) => {
        const { slowestMs } = this.#options;
        if (slowestMs !== undefined) await delay(Math.random() * slowestMs);
        if (this.dark.has(Number(new URL(request.url).pathname.split("/")[1]))) {
          await this.#ended.promise;
        }
        return this.#answer(request);
      },
    );
  }

  /** URL of the server; /bytes says what was answered so far. */
  get base(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** One URL an agent. */
  get urls(): string[] {
    const { nodes } = this.#options;
    return Array.from({ length: nodes }, (_, node) => `${this.base}/${node}/metrics`);
  }

  name(node: number): string {
    return `node-${String(node + 1).padStart(String(this.#options.nodes).length, "0")}`;
  }

  zone(node: number): string {
    return `zone-${String.fromCharCode(97 + node % this.#options.zones)}`;
  }

  [Symbol.dispose](): void {
    this.#ended.resolve();
    this.#server.shutdown();
  }

  #count(): number {
    const probes = Math.floor((Date.now() - this.#startMs) / 500);
    const { nodes, peers } = this.#options;
    for (; this.#countedTo < probes; this.#countedTo++) {
      for (let source = 0; source < nodes; source++) {
        for (let step = 1; step <= peers; step++) {
          const destination = (source + step) % nodes;
          const loss = this.loss(source, destination);
          if (loss === 0 || loss < 1 && Math.random() > loss) continue;
          const pair = source * nodes + destination;
          this.#lost.set(pair, (this.#lost.get(pair) ?? 0) + 1);
        }
      }
    }
    return probes + 1000;
  }

  #answer(request: Request): Response {
    const url = new URL(request.url);
    const node = Number(url.pathname.split("/")[1]);
    if (this.down.has(node)) return new Response("down", { status: 500 });
    if (url.pathname === "/bytes") return new Response(String(this.bytes));
    const bytes = this.#answers.get(node) ?? this.#bytes(node, url.searchParams.getAll("name[]"));
    if (this.#options.isStill) this.#answers.set(node, bytes);
    this.bytes += bytes.length;
    return new Response(
      bytes,
      this.#options.isOld ? {} : { headers: { "content-encoding": "gzip" } },
    );
  }

  #bytes(node: number, names: readonly string[]): Uint8Array<ArrayBuffer> {
    const { isOld = false } = this.#options;
    const text = this.#text(node, (name) => isOld || names.length === 0 || names.includes(name));
    return isOld ? new TextEncoder().encode(text) : new Uint8Array(gzipSync(text, { level: 6 }));
  }

  #text(source: number, wants: (name: string) => boolean): string {
    const { nodes, peers } = this.#options;
    const sent = this.#count();
    const lines: string[] = [];
    const families = {
      nodeping_probes_sent_total: () => sent,
      nodeping_probes_received_total: (destination: number) =>
        sent - (this.#lost.get(source * nodes + destination) ?? 0),
      nodeping_rtt_seconds_total: (destination: number) =>
        sent * (source % this.#options.zones === destination % this.#options.zones ? 3e-4 : 9e-4) *
        (1 + Math.sin(source * 7 + destination * 13) / 3),
      nodeping_path_mtu_bytes: () => 1500,
      nodeping_path_mtu_black_hole: () => 0,
      ...Object.fromEntries(otherFamilies.map((name) => [name, () => sent / 7])),
    };
    for (const [name, value] of Object.entries(families)) {
      if (!wants(name)) continue;
      lines.push(`# TYPE ${name} counter`);
      for (let step = 1; step <= peers; step++) {
        const destination = (source + step) % nodes;
        const address = `10.${destination >> 16}.${destination >> 8 & 255}.${destination & 255}`;
        lines.push(
          `${name}{source_node="${this.name(source)}",destination_node="${
            this.name(destination)
          }",` +
            `destination_address="${address}",destination_kind="node",` +
            `source_zone="${this.zone(source)}",destination_zone="${this.zone(destination)}"} ` +
            value(destination),
        );
      }
    }
    if (wants("nodeping_agent_measuring")) {
      const measuring = this.unable.has(source) ? 0 : 1;
      lines.push(`nodeping_agent_measuring{source_node="${this.name(source)}"} ${measuring}`);
    }
    return `${lines.join("\n")}\n`;
  }
}

/** What an agent says of a pair beside what is read of it. */
const otherFamilies = [
  "nodeping_rtt_min_seconds",
  "nodeping_rtt_max_seconds",
  "nodeping_rtt_stddev_seconds",
  "nodeping_duplicates_total",
  "nodeping_send_failures_total",
  "nodeping_loss_bursts_total",
  "nodeping_icmp_errors_total",
] as const;
