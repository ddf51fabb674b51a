/** The Prometheus reader against a real Prometheus that scrapes growing counters. */

import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { diagnose } from "../../src/diagnosis/diagnose.ts";
import { readPrometheus } from "../../src/mesh/prometheus.ts";
import type { Fetch } from "../../src/mesh/prometheus.ts";
import { spawnProcess } from "../../src/platform/process.ts";
import { caseNodes, linkLoss, nodeLoss } from "../cases/cluster.ts";
import { caseTextfiles } from "../cases/textfiles.ts";
import { findProgram, missingPrograms, needing } from "../needing.ts";

const prometheus = findProgram("prometheus");

const cluster = {
  nodes: caseNodes(5, ["zone-a", "zone-b"]),
  losses: [...nodeLoss("node-005", 1), ...linkLoss("node-001", "node-004", 0.3)],
  silent: ["node-005"],
};

const unlisted = 'nodeping_agent_in_node_list{source_node="node-003"} 0\n';

/** Every counter grows by a case's totals (five minutes of probes) in each `stepMs`. */
function exposition(startMs: number, gone: ReadonlySet<string>, stepMs: number): string {
  const grown = Math.floor((Date.now() - startMs) / stepMs);
  const families = new Map<string, string[]>();
  for (const [file, text] of caseTextfiles(cluster)) {
    if (gone.has(file)) continue;
    for (const line of text.trimEnd().split("\n")) {
      if (line.startsWith("#")) continue;
      const [, series = "", value = ""] = /^(.*\}) (\S+)$/.exec(line) ?? [];
      const name = series.slice(0, series.indexOf("{"));
      const now = name.endsWith("_total") ? Number(value) * grown : Number(value);
      families.set(name, [...families.get(name) ?? [], `${series} ${now}\n`]);
    }
  }
  families.set("nodeping_agent_in_node_list", [unlisted]);
  return [...families].map(([name, lines]) =>
    `# TYPE ${name} ${name.endsWith("_total") ? "counter" : "gauge"}\n${lines.join("")}`
  ).join("");
}

/** `gone` holds the textfiles that are no longer scraped. */
async function withPrometheus(
  run: (url: string, gone: Set<string>) => Promise<void>,
  stepMs = 500,
): Promise<void> {
  const gone = new Set<string>();
  const directory = await Deno.makeTempDir();
  const start = Date.now();
  const agents = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () =>
      new Response(exposition(start, gone, stepMs), { headers: { "content-type": "text/plain" } }),
  );
  const probe = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const address = `127.0.0.1:${(probe.addr as Deno.NetAddr).port}`;
  probe.close();
  // Scraped by two jobs, as where node-exporter and a PodMonitor both have the agents.
  const job = (name: string) =>
    `  - job_name: ${name}\n    static_configs: [{targets: ["127.0.0.1:${agents.addr.port}"]}]\n`;
  await Deno.writeTextFile(
    `${directory}/prometheus.yml`,
    `global: {scrape_interval: 1s}\nscrape_configs:\n${job("node-exporter")}${job("podmonitor")}`,
  );
  const child = spawnProcess({
    command: prometheus ?? "",
    args: [
      `--config.file=${directory}/prometheus.yml`,
      `--storage.tsdb.path=${directory}/data`,
      `--web.listen-address=${address}`,
    ],
  });
  const outputs = Promise.all([child.stdout, child.stderr].map((one) => new Response(one).text()));
  try {
    await run(`http://${address}`, gone);
  } finally {
    child.kill("SIGKILL");
    await Promise.all([outputs, child.status]);
    await agents.shutdown();
    await Deno.remove(directory, { recursive: true });
  }
}

const never = new AbortController().signal;

/** Until it holds, for half a minute at most. */
async function eventually(holds: () => Promise<void>): Promise<void> {
  let failure: unknown;
  for (let attempt = 0; attempt < 60; attempt++) {
    try {
      return await holds();
    } catch (error) {
      failure = error;
      await delay(500);
    }
  }
  throw failure;
}

Deno.test({
  ...needing(
    "readPrometheus() gives the mesh of a real Prometheus, however often it is scraped",
    missingPrograms("prometheus"),
  ),
  fn: async () => {
    await withPrometheus((url) =>
      eventually(async () => {
        const { mesh, problems } = await readPrometheus(
          { url, windowMs: 15_000 },
          fetch,
          never,
        );
        assert.match(problems.join(), /^Not in the node list, .*: "node-003": run/);
        const { report } = diagnose(mesh);
        assert.deepEqual([report.sources, report.pairs], [4, 16]);
        assert.deepEqual(
          report.verdicts.map((verdict) => [verdict.kind, "nodes" in verdict && verdict.nodes]),
          [["node", ["node-005"]], ["link", ["node-001", "node-004"]]],
        );
        assert.equal(mesh.nodes[1]?.zone, "zone-b");
        assert.equal(mesh.sources[4]?.reason, "Prometheus has no samples of it in the window");
        const { pairs } = mesh;
        const rtt = (pairs[0]?.rttSumSeconds ?? 0) / (pairs[0]?.received ?? 0);
        assert.ok(Math.abs(rtt - 0.0005) < 0.00005, String(rtt));
      })
    );
  },
});

Deno.test({
  ...needing(
    "readPrometheus() takes a node as silent that has just died, whatever the window still holds",
    missingPrograms("prometheus"),
  ),
  fn: async () => {
    await withPrometheus(async (url, gone) => {
      const silent = async () => {
        const { mesh } = await readPrometheus({ url, windowMs: 300_000 }, fetch, never);
        return mesh.sources.filter((source) => source.silent).map((source) => source.name);
      };
      await eventually(async () => assert.deepEqual(await silent(), ["node-005"]));
      gone.add("node-ping_node-002.prom");
      await eventually(async () => assert.deepEqual(await silent(), ["node-002", "node-005"]));
    });
  },
});

Deno.test({
  ...needing(
    "readPrometheus() compares sent and received of the same scrapes, however slow the answers are",
    missingPrograms("prometheus"),
  ),
  fn: async () => {
    await withPrometheus(async (url) => {
      let asked = 0;
      const slowly = async (url: URL, init: RequestInit): Promise<Response> => {
        await delay(700 * asked++);
        return await fetch(url, init);
      };
      const read = (fetch: Fetch) => readPrometheus({ url, windowMs: 6000 }, fetch, never);
      await eventually(async () => assert.equal((await read(fetch)).mesh.pairs.length, 16));
      // A textfile that is written more seldom than it is scraped gives counters that leap.
      for (let round = 0; round < 3; round++) {
        asked = 0;
        const { report } = diagnose((await read(slowly)).mesh);
        const kinds = report.verdicts.map((verdict) => verdict.kind);
        assert.deepEqual(kinds, ["node", "link"], JSON.stringify(report));
      }
    }, 3000);
  },
});

async function failureAgainst(answer: Response): Promise<string> {
  const settings = { url: "http://user:secret@prometheus:9090/path", windowMs: 15_000 };
  const asked: Request[] = [];
  const fake = (url: URL, init: RequestInit): Promise<Response> => {
    asked.push(new Request(url, init));
    return Promise.resolve(answer.clone());
  };
  const error = await readPrometheus(settings, fake, never).then(() => undefined, (error) => error);
  assert.equal(asked[0]?.url, "http://prometheus:9090/path/api/v1/query");
  assert.equal(asked[0]?.headers.get("authorization"), `Basic ${btoa("user:secret")}`);
  assert.ok(!String(error).includes("secret"), "the password is in the message");
  return String(error);
}

Deno.test("readPrometheus() says what Prometheus answered instead of data", async () => {
  const empty = { status: "success", data: { resultType: "vector", result: [] } };
  assert.match(await failureAgainst(Response.json(empty)), /give a --window of at least two/);
  const refused = { status: "error", error: "query timed out" };
  assert.match(
    await failureAgainst(Response.json(refused, { status: 503 })),
    /503 without success: query timed out/,
  );
  assert.match(
    await failureAgainst(new Response("", { status: 401 })),
    /401: set PROMETHEUS_TOKEN/,
  );
  assert.match(await failureAgainst(new Response("<html>")), /something else than JSON: "<html>"/);
});

Deno.test("readPrometheus() sends any user and password that a URL can hold", async () => {
  const sentFor = async (user: string): Promise<string | null> => {
    let sent: string | null = null;
    const fake = (url: URL, init: RequestInit): Promise<Response> => {
      sent = new Request(url, init).headers.get("authorization");
      return Promise.resolve(new Response("", { status: 401 }));
    };
    const settings = { url: `http://${user}@prometheus:9090`, windowMs: 15_000 };
    await assert.rejects(readPrometheus(settings, fake, never), /answers 401/);
    return sent;
  };
  // In UTF-8, as curl sends it.
  assert.equal(await sentFor("u:k%C3%BC%E2%82%AC"), "Basic dTprw7zigqw=");
  assert.equal(await sentFor("u:100%"), `Basic ${btoa("u:100%")}`);
});

Deno.test("readPrometheus() says which server broke off its answer", async () => {
  const fake = (): Promise<Response> => {
    const body = new ReadableStream({ start: (controller) => controller.error(new Error("cut")) });
    return Promise.resolve(new Response(body));
  };
  await assert.rejects(
    readPrometheus({ url: "http://prometheus:9090", windowMs: 15_000 }, fake, never),
    /Cannot ask Prometheus at http:\/\/prometheus:9090\/: cut/,
  );
});

Deno.test("readPrometheus() says which server it could not reach", async () => {
  const settings = { url: "http://127.0.0.1:1", windowMs: 15_000 };
  await assert.rejects(
    readPrometheus(settings, fetch, never),
    /Cannot ask Prometheus at http:\/\/127\.0\.0\.1:1\//,
  );
});

/** Answers each query by what is in it; keeps the queries. */
function answering(
  answers: (query: string) => readonly Readonly<Record<string, string>>[],
): { readonly fetch: Fetch; readonly queries: string[] } {
  const queries: string[] = [];
  const fake = (_: URL, { body }: RequestInit): Promise<Response> => {
    const query = new URLSearchParams(String(body)).get("query") ?? "";
    queries.push(query);
    const result = answers(query).map((metric) => ({ metric, value: [0, "100"] }));
    return Promise.resolve(
      Response.json({ status: "success", data: { resultType: "vector", result } }),
    );
  };
  return { fetch: fake, queries };
}

const url = "http://prometheus:9090";

Deno.test("readPrometheus() asks which of several clusters, and then reads that one alone", async () => {
  const several = answering((query) =>
    query.startsWith("group by (cluster)") ? [{ cluster: "west" }, { cluster: "east" }] : []
  );
  await assert.rejects(
    readPrometheus({ url, windowMs: 15_000 }, several.fetch, never),
    /^Error: Prometheus has 2 clusters by the label "cluster": choose one with --cluster, of "cluster=east", "cluster=west"$/,
  );
  const one = answering(() => []);
  const settings = { url, windowMs: 15_000, cluster: 'we"st', clusterLabel: "k8s" };
  await assert.rejects(
    readPrometheus(settings, one.fetch, never),
    /has no nodeping_probes_sent_total/,
  );
  assert.ok(one.queries.length > 0);
  for (const query of one.queries) assert.ok(query.includes('{k8s="we\\"st"}'), query);
});

Deno.test("readPrometheus() reads the series of the only cluster alone, labelled or not", async () => {
  for (const labels of [{ cluster: "east" }, {}]) {
    const one = answering((query) => query.startsWith("group by") ? [labels] : []);
    await assert.rejects(readPrometheus({ url, windowMs: 15_000 }, one.fetch, never), /has no/);
    const [, ...queries] = one.queries;
    assert.ok(queries.length > 5);
    const matcher = `{cluster="${labels.cluster ?? ""}"}`;
    for (const query of queries) assert.ok(query.includes(matcher), query);
  }
});

Deno.test("readPrometheus() wants whole answers, and passes warnings on, each once", async () => {
  const { fetch } = answering((query) =>
    query.startsWith("label_replace")
      ? ["nodeping_probes_sent_total", "nodeping_probes_received_total"].map((counter) => ({
        ...{ source_node: "a", destination_node: "b", destination_address: "b", counter },
        destination_kind: "node",
      }))
      : []
  );
  const bodies: URLSearchParams[] = [];
  const warning = async (url: URL, init: RequestInit): Promise<Response> => {
    bodies.push(new URLSearchParams(String(init.body)));
    const answer: object = await (await fetch(url, init)).json();
    return Response.json({ ...answer, warnings: ["No store matched"] });
  };
  const { problems } = await readPrometheus({ url, windowMs: 15_000 }, warning, never);
  assert.deepEqual(problems, ["Prometheus answers with a warning: No store matched"]);
  assert.ok(bodies.every((body) => body.get("partial_response") === "false"));
});

Deno.test("readPrometheus() knows by kube_node_info which nodes of the list are stale", async () => {
  const pair = (source_node: string, destination_node: string) =>
    ["nodeping_probes_sent_total", "nodeping_probes_received_total"].map((counter) => ({
      ...{ source_node, destination_node, destination_address: destination_node, counter },
      destination_kind: "node",
    }));
  const { fetch } = answering((query) => {
    if (query.includes("kube_node_info")) return [{ node: "a" }, { node: "b" }];
    return query.startsWith("label_replace")
      ? [...pair("a", "b"), ...pair("b", "a"), ...pair("a", "gone")]
      : [];
  });
  const { mesh } = await readPrometheus({ url, windowMs: 15_000 }, fetch, never);
  assert.deepEqual(mesh.stale, ["gone"]);
});
