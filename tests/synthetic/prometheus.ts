/** A real Prometheus of this machine, with our rules, on a free port of the loopback. @module */

import { setTimeout as delay } from "node:timers/promises";
import { ruleGroups } from "../../dashboard/rules/groups.ts";
import type { RuleSettings } from "../../dashboard/rules/rule.ts";

/** A series of an instant query's answer. */
export interface InstantResult {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** A series of a range query's answer. */
export interface RangeResult {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [number, string])[];
}

interface Evaluated {
  readonly name: string;
  readonly evaluationTime: number;
}

/** What Prometheus is started with. */
export interface PrometheusOptions {
  readonly settings: RuleSettings;
  /** Scrape and evaluation interval, in seconds. */
  readonly intervalSeconds: number;
  /** Scraped at `http://127.0.0.1:<exporterPort>/<node>/metrics`. */
  readonly exporterPort: number;
  readonly nodes: readonly string[];
  /** Scrape everything a second time under another job, as with a PodMonitor beside. */
  readonly twice?: boolean;
  /** Evaluate at `intervalSeconds` what has a longer interval of its own, too. */
  readonly hurry?: boolean;
}

/** Asks a Prometheus that runs somewhere. */
export class PrometheusClient {
  /** Where it is, without a path. */
  constructor(readonly url: string) {}

  /** Answers an instant query; throws what Prometheus says against it. */
  async query(expr: string): Promise<readonly InstantResult[]> {
    return await this.#ask("query", { query: expr }) as readonly InstantResult[];
  }

  /** Answers a range query over the last `seconds`. */
  async queryRange(expr: string, seconds: number, step: number): Promise<readonly RangeResult[]> {
    const end = Math.floor(Date.now() / 1000);
    const times = { start: String(end - seconds), end: String(end), step: String(step) };
    return await this.#ask("query_range", { query: expr, ...times }) as readonly RangeResult[];
  }

  /** Values of a label, as Grafana's label_values() asks for them. */
  async labelValues(label: string, series: string): Promise<readonly string[]> {
    return await this.#ask(`label/${label}/values`, { "match[]": series }, "GET") as string[];
  }

  /** How long the last evaluation of each rule group, and of each rule, took, in seconds. */
  async ruleSeconds(): Promise<readonly (readonly [name: string, seconds: number])[]> {
    const response = await fetch(`${this.url}/api/v1/rules`);
    const { data } = await response.json() as {
      data: { groups: readonly (Evaluated & { rules: readonly Evaluated[] })[] };
    };
    return data.groups.flatMap((group) =>
      [group, ...group.rules].map(({ name, evaluationTime }) => [name, evaluationTime] as const)
    );
  }

  /** Processor time that this Prometheus has used, in seconds. */
  async cpuSeconds(): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    return Number(/^process_cpu_seconds_total (\S+)$/m.exec(text)?.[1]);
  }

  /** Waits until the query has a result; throws after `seconds`. */
  async waitFor(expr: string, seconds: number): Promise<readonly InstantResult[]> {
    const deadline = Date.now() + seconds * 1000;
    while (Date.now() < deadline) {
      const result = await this.query(expr);
      if (result.length > 0) return result;
      await delay(500);
    }
    throw new Error(`No result within ${seconds} s: ${expr}`);
  }

  async #ask(path: string, form: Record<string, string>, method = "POST"): Promise<unknown> {
    const body = new URLSearchParams(form);
    const response = method === "GET"
      ? await fetch(`${this.url}/api/v1/${path}?${body}`)
      : await fetch(`${this.url}/api/v1/${path}`, { method, body });
    const answer = await response.json() as { data: unknown; error?: string };
    if (!response.ok) throw new Error(`${answer.error}: ${JSON.stringify(form)}`);
    const { data } = answer;
    return typeof data === "object" && data !== null && "result" in data ? data.result : data;
  }
}

/** A Prometheus that runs until it is disposed of. */
export class RealPrometheus extends PrometheusClient implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #directory: string;

  private constructor(url: string, child: Deno.ChildProcess, directory: string) {
    super(url);
    this.#child = child;
    this.#directory = directory;
  }

  /** Starts one and waits until it answers. */
  static async start(options: PrometheusOptions): Promise<RealPrometheus> {
    const directory = await Deno.makeTempDir({ prefix: "nodeping-prometheus-" });
    const groups = ruleGroups(options.settings).map(({ interval, ...group }) => ({
      ...group,
      ...(interval === undefined || options.hurry ? {} : { interval }),
    }));
    await Deno.writeTextFile(`${directory}/rules.yaml`, JSON.stringify({ groups }));
    await Deno.writeTextFile(`${directory}/prometheus.yaml`, JSON.stringify(config(options)));
    const port = freePort();
    const child = new Deno.Command("prometheus", {
      args: [
        `--config.file=${directory}/prometheus.yaml`,
        `--storage.tsdb.path=${directory}/data`,
        `--web.listen-address=127.0.0.1:${port}`,
        "--log.level=warn",
      ],
      stdout: "null",
      stderr: "inherit",
    }).spawn();
    const prometheus = new RealPrometheus(`http://127.0.0.1:${port}`, child, directory);
    await prometheus.#ready();
    return prometheus;
  }

  async #ready(): Promise<void> {
    for (let attempt = 0; attempt < 100; attempt++) {
      const ready = await fetch(`${this.url}/-/ready`).then(async (response) => {
        await response.body?.cancel();
        return response.ok;
      }, () => false);
      if (ready) return;
      await delay(200);
    }
    throw new Error("Prometheus does not become ready");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
    await Deno.remove(this.#directory, { recursive: true });
  }
}

function config({ intervalSeconds, exporterPort, nodes, twice }: PrometheusOptions): unknown {
  const job = (name: string) => ({
    job_name: name,
    static_configs: nodes.map((node) => ({
      targets: [`127.0.0.1:${exporterPort}`],
      labels: { __metrics_path__: `/${node}/metrics`, instance: `${node}-${name}` },
    })),
  });
  return {
    global: {
      scrape_interval: `${intervalSeconds}s`,
      scrape_timeout: `${intervalSeconds}s`,
      evaluation_interval: `${intervalSeconds}s`,
    },
    rule_files: ["rules.yaml"],
    scrape_configs: [job("node-exporter"), ...(twice ? [job("podmonitor")] : [])],
  };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
