import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { diagnose } from "../diagnosis/diagnose.ts";
import { ApiError } from "../kubernetes/client.ts";
import type { RequestOptions } from "../kubernetes/client.ts";
import { agentsBehindApi } from "./agents.ts";
import type { AgentApi } from "./agents.ts";
import { agentsAtUrls, readAgents } from "./agents.ts";
import type { MeshReading } from "./mesh.ts";
import type { Clock } from "../platform/clock.ts";
import { caseNodes, linkLoss } from "../../tests/cases/cluster.ts";
import { caseTextfiles } from "../../tests/cases/textfiles.ts";

const cluster = { nodes: caseNodes(5), losses: linkLoss("node-001", "node-003", 0.4), silent: [] };
const texts = new Map(
  [...caseTextfiles(cluster)].map(([file, text]) => [file.slice("node-ping_".length, -5), text]),
);

type Pod = Readonly<Record<string, unknown>>;

function pod(node: string, changes: Pod = {}): Pod {
  return {
    metadata: { name: `agent-${node}` },
    spec: { nodeName: node, containers: [{ ports: [{ name: "metrics", containerPort: 10927 }] }] },
    status: { phase: "Running" },
    ...changes,
  };
}

/** An API server with these pods, two a page; the totals grow from nothing to the case's. */
class FakeApi implements AgentApi {
  readonly namespace = "monitoring";
  underWay = 0;
  maxUnderWay = 0;
  readonly #pods: readonly Pod[];
  readonly #readings = new Map<string, number>();

  constructor(pods: readonly Pod[]) {
    this.#pods = pods;
  }

  readingsOf(node: string): number {
    return this.#readings.get(node) ?? 0;
  }

  json = (path: string, { query }: RequestOptions): Promise<unknown> => {
    assert.equal(path, "/api/v1/namespaces/monitoring/pods");
    const from = Number(query?.["continue"] ?? 0);
    const next = from + 2 < this.#pods.length ? String(from + 2) : undefined;
    return Promise.resolve({
      metadata: next === undefined ? {} : { continue: next },
      items: this.#pods.slice(from, from + 2),
    });
  };

  async text(path: string): Promise<string> {
    const [, node = ""] = /\/pods\/agent-(.*):10927\/proxy\/metrics\?name%5B%5D=.*$/.exec(path) ??
      [];
    this.maxUnderWay = Math.max(this.maxUnderWay, ++this.underWay);
    await delay(1);
    this.underWay--;
    const reading = (this.#readings.get(node) ?? 0) + 1;
    this.#readings.set(node, reading);
    const text = texts.get(node);
    if (node === "replaced") throw new ApiError('pods "x" not found', 404, "NotFound");
    if (text === undefined) throw new Error("503: no route to host");
    return text.trimEnd().split("\n").map((line) =>
      reading === 1 && !line.startsWith("#") && line.includes("_total{")
        ? `${line.replace(/\S+$/, "7")}\n`
        : `${line}\n`
    ).join("");
  }
}

const clock: Clock = {
  wallMs: () => 0,
  monotonicMs: () => 0,
  sleep: (ms) => {
    assert.equal(ms, 15_000);
    return Promise.resolve();
  },
};

async function read(
  api: AgentApi,
  progress: (done: number, of: number) => void = () => {},
): Promise<MeshReading> {
  const signal = new AbortController().signal;
  return await readAgents(agentsBehindApi(api, undefined), 15_000, { clock, progress }, signal);
}

Deno.test("readAgents() takes the window between two readings of every page of agents", async () => {
  let progress = "";
  const api = new FakeApi(cluster.nodes.map((node) => pod(node.name)));
  const { mesh } = await read(api, (done, of) => progress = `${done} of ${of}`);
  assert.equal(progress, "5 of 5");
  assert.equal(mesh.pairs.length, 20);
  assert.ok(mesh.pairs.every((pair) => pair.sent === 593));
  const { verdicts } = diagnose(mesh).report;
  assert.deepEqual(verdicts.map((verdict) => verdict.kind), ["link"]);
});

Deno.test("readAgents() names every agent that cannot be read, and why", async () => {
  const api = new FakeApi(
    [
      pod("node-001"),
      pod("node-001", { metadata: { name: "old", deletionTimestamp: "now" } }),
      pod("node-002", { status: { phase: "Pending" } }),
      pod("node-003", { spec: { nodeName: "node-003", containers: [{}] } }),
      pod("replaced"),
      pod("unreachable"),
      pod("unscheduled", { spec: { containers: [] } }),
    ],
  );
  const { mesh } = await read(api);
  assert.equal(api.readingsOf("unreachable"), 1, "who did not answer is not waited for twice");
  const reasons = mesh.sources.map((source) => [source.name, source.reason]);
  assert.deepEqual(reasons, [
    ["node-001", undefined],
    ["node-002", "its agent's pod agent-node-002 is Pending"],
    ["node-003", "its agent does not listen (--listen=off)"],
    ["node-004", "no agent runs on it"],
    ["node-005", "no agent runs on it"],
    ["replaced", "its agent was replaced in the time looked at: look again"],
    ["unreachable", "its agent does not answer: 503: no route to host"],
  ]);
});

Deno.test("readAgents() takes from an agent only what it says of its own node", async () => {
  const progress = texts.get("node-001") ?? "";
  texts.set(
    "node-001",
    progress + progress.replaceAll('source_node="node-001"', 'source_node="node-002"'),
  );
  texts.set("impostor", progress);
  const { mesh } = await read(new FakeApi([pod("node-001"), pod("impostor")]));
  texts.set("node-001", progress);
  texts.delete("impostor");
  assert.deepEqual([...new Set(mesh.pairs.map(({ source }) => source))], ["node-001"]);
  assert.equal(
    mesh.sources.find(({ name }) => name === "impostor")?.reason,
    "its agent reports as another node, or nothing",
  );
});

Deno.test("readAgents() says which nodes are in nobody's list", async () => {
  const late = 'nodeping_agent_in_node_list{source_node="node-009"} 0\n';
  texts.set("node-009", late);
  const { mesh, problems } = await read(new FakeApi([pod("node-001"), pod("node-009")]));
  texts.delete("node-009");
  assert.deepEqual(problems, [
    'Not in the node list, so that nobody probes them: "node-009": run helm nodeping sync',
  ]);
  assert.equal(mesh.sources.find(({ name }) => name === "node-009")?.silent, false);
});

Deno.test("readAgents() says whose list was refused, and whose textfile is not written now", async () => {
  const [one = "", two = "", three = ""] = ["node-001", "node-002", "node-003"].map((node) =>
    texts.get(node)
  );
  texts.set(
    "node-001",
    `${one}nodeping_agent_config_last_reload_success{source_node="node-001"} 0\n`,
  );
  const errors = "nodeping_agent_textfile_write_errors_total";
  // The fake's first answer to every counter is 7: one more failed since, of the other none.
  texts.set("node-002", `${two}${errors}{source_node="node-002"} 8\n`);
  texts.set("node-003", `${three}${errors}{source_node="node-003"} 7\n`);
  const { problems } = await read(new FakeApi([1, 2, 3].map((node) => pod(`node-00${node}`))));
  [one, two, three].forEach((text, index) => texts.set(`node-00${index + 1}`, text));
  assert.equal(problems.length, 2);
  assert.match(problems[0] ?? "", /node list was refused.*: "node-001": their logs/);
  assert.match(problems[1] ?? "", /^Cannot write their textfiles, .*: "node-002": see their logs$/);
});

Deno.test("readAgents() keeps within bounds with 1000 agents, and says when there is none", async () => {
  const api = new FakeApi(Array.from({ length: 1000 }, (_, index) => pod(`lost-${index}`)));
  assert.equal((await read(api)).mesh.sources.length, 1000);
  assert.ok(api.maxUnderWay > 1 && api.maxUnderWay <= 128, String(api.maxUnderWay));
  await assert.rejects(read(new FakeApi([])), /No agent of nodeping in the namespace "monitoring"/);
});

Deno.test("readAgents() fails when the agents may not be read, and goes on when one refuses, whatever it says", async () => {
  const refusing = (reason: string, which = ""): AgentApi => {
    const api = new FakeApi(["node-001", "node-002"].map((name) => pod(name)));
    return {
      namespace: api.namespace,
      json: api.json,
      text: (path) => {
        if (!path.includes(which)) return api.text(path);
        throw new ApiError("No access", 403, reason);
      },
    };
  };
  await assert.rejects(read(refusing("Forbidden")), {
    name: "AgentStatusError",
    message: /^No access. Reading the agents needs .*"get" of pods\/proxy .*"monitoring"$/,
  });
  await assert.rejects(read(refusing("Unauthorized")), { message: "No access" });
  // The last two by an agent that plays the API server: it is believed of itself.
  for (const reason of ["ServiceUnavailable", "Forbidden", "Unauthorized"]) {
    const { mesh } = await read(refusing(reason, "node-002"));
    const [one, two] = mesh.sources;
    assert.equal(one?.silent, false);
    assert.deepEqual([two?.name, two?.silent], ["node-002", true]);
    assert.match(two?.reason ?? "", /^its agent does not answer: No access/);
  }
});

Deno.test("agentsAtUrls() reads agents directly, asks for what it reads, and once more after a 503", async () => {
  const asked: string[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const { pathname, searchParams } = new URL(request.url);
    asked.push(`${pathname} ${searchParams.getAll("name[]").length > 5}`);
    if (asked.length === 1) return new Response("busy", { status: 503 });
    return new Response(pathname === "/metrics" ? texts.get("node-002") : "no", {
      status: pathname === "/metrics" ? 200 : pathname === "/dead" ? 500 : 404,
    });
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  const { mesh } = await readAgents(
    agentsAtUrls([url, `${url}/dead`, `${url.replace("127.0.0.1", "localhost")}/wrong`]),
    15_000,
    { clock, progress: () => {} },
    new AbortController().signal,
  );
  await server.shutdown();
  assert.deepEqual(asked.filter((one) => one === "/metrics true").length, 3);
  assert.equal(
    mesh.sources.find(({ name }) => name === "node-002")?.reason,
    "its agent sent no probe in the time looked at",
  );
  assert.deepEqual(mesh.sources.find(({ name }) => name.startsWith("127.0.0.1")), {
    name: `127.0.0.1:${server.addr.port}`,
    silent: true,
    reason: `its agent does not answer: 127.0.0.1:${server.addr.port} answers 500`,
  });
  assert.equal(
    mesh.sources.find(({ name }) => name.startsWith("localhost"))?.reason,
    `its agent does not answer: localhost:${server.addr.port} answers 404`,
  );
});

Deno.test("agentsAtUrls() names who refuses connections without all that was asked for", async () => {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response(),
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  await server.shutdown();
  const { mesh } = await readAgents(
    agentsAtUrls([url]),
    15_000,
    { clock, progress: () => {} },
    new AbortController().signal,
  );
  const reason = mesh.sources[0]?.reason ?? "";
  assert.ok(reason.startsWith("its agent does not answer: "), reason);
  assert.ok(reason.includes(`(${url}/metrics)`), reason);
  assert.match(reason, /refused/);
});

Deno.test("agentsAtUrls() reads no answer without end, however small it comes compressed", async () => {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, () => {
    const chunk = new TextEncoder().encode(`#${"x".repeat(2 ** 20 - 2)}\n`);
    const long = ReadableStream.from(Array(100).fill(chunk));
    const headers = { "content-encoding": "gzip" };
    return new Response(long.pipeThrough(new CompressionStream("gzip")), { headers });
  });
  const { mesh } = await readAgents(
    agentsAtUrls([`http://127.0.0.1:${server.addr.port}`]),
    15_000,
    { clock, progress: () => {} },
    new AbortController().signal,
  );
  await server.shutdown();
  assert.equal(
    mesh.sources[0]?.reason,
    "its agent does not answer: The answer is longer than 64 MiB",
  );
});

Deno.test("readAgents() names an agent without an answer by the address at which others probe it", async () => {
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => new Response(texts.get("node-001")),
  );
  const address = /destination_node="node-003",destination_address="([^"]+)"/
    .exec(texts.get("node-001") ?? "")?.[1];
  assert.ok(address);
  const { mesh } = await readAgents(
    {
      list: async (signal) => [
        ...await agentsAtUrls([`http://127.0.0.1:${server.addr.port}`]).list(signal),
        {
          id: "unknown",
          name: "unknown",
          address,
          metrics: () => Promise.reject(new Error("refused")),
        },
      ],
    },
    15_000,
    { clock, progress: () => {} },
    new AbortController().signal,
  );
  await server.shutdown();
  assert.equal(
    mesh.sources.find(({ name }) => name === "node-003")?.reason,
    "its agent does not answer: refused",
  );
  assert.ok(!mesh.sources.some(({ name }) => name === "unknown"));
});
