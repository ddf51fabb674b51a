/** An API server with nothing but agents behind its proxy: it can go away, and its tokens expire. @module */

import type { FakeAgents } from "./agents.ts";

/** PEM texts of what it serves with: a token goes out over TLS alone. */
export interface ClusterCertificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Serves the agents' pods in the namespace "default". */
export class FakeCluster implements AsyncDisposable {
  /** The only one that is let in. */
  token = "first";
  /** Nodes that the cluster has; those of the agents when undefined. */
  nodeNames: readonly string[] | undefined;
  readonly #agents: FakeAgents;
  readonly #count: number;
  readonly #tls: ClusterCertificates;
  #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(agents: FakeAgents, count: number, tls: ClusterCertificates) {
    this.#tls = tls;
    this.#agents = agents;
    this.#count = count;
    this.#server = this.#serve(0);
  }

  get url(): string {
    return `https://127.0.0.1:${this.#server.addr.port}`;
  }

  /** A kubeconfig whose token is in a file. */
  kubeconfig(tokenFile: string): string {
    const cluster = { server: this.url, "certificate-authority-data": btoa(this.#tls.ca) };
    return JSON.stringify({
      clusters: [{ name: "fake", cluster }],
      users: [{ name: "one", user: { tokenFile } }],
      contexts: [{ name: "fake", context: { cluster: "fake", user: "one" } }],
      "current-context": "fake",
    });
  }

  /** Refuses connections from now on. */
  async goAway(): Promise<void> {
    await this.#server.shutdown();
  }

  /** Is there again, at the same port. */
  comeBack(): void {
    this.#server = this.#serve(this.#server.addr.port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  #serve(port: number): Deno.HttpServer<Deno.NetAddr> {
    return Deno.serve(
      { hostname: "127.0.0.1", port, onListen: () => {}, cert: this.#tls.cert, key: this.#tls.key },
      (request) => this.#answer(request),
    );
  }

  async #answer(request: Request): Promise<Response> {
    if (request.headers.get("authorization") !== `Bearer ${this.token}`) {
      const status = { kind: "Status", message: "Unauthorized", reason: "Unauthorized", code: 401 };
      return Response.json(status, { status: 401 });
    }
    const { pathname, search } = new URL(request.url);
    const names = Array.from({ length: this.#count }, (_, node) => this.#agents.name(node));
    if (pathname === "/api/v1/nodes") {
      const items = (this.nodeNames ?? names).map((name) => ({ metadata: { name } }));
      return Response.json({ kind: "NodeList", metadata: {}, items });
    }
    const pods = "/api/v1/namespaces/default/pods";
    if (pathname === pods) {
      const items = names.map((nodeName, node) => ({
        metadata: { name: `agent-${node}` },
        spec: { nodeName, containers: [{ ports: [{ name: "metrics", containerPort: 10927 }] }] },
        status: { phase: "Running" },
      }));
      return Response.json({ kind: "PodList", metadata: {}, items });
    }
    const [, node] = /\/pods\/agent-(\d+):10927\/proxy\/metrics$/.exec(pathname) ?? [];
    if (node === undefined) return new Response("not found", { status: 404 });
    const { status, body } = await fetch(`${this.#agents.base}/${node}/metrics${search}`);
    return new Response(body, { status });
  }
}
