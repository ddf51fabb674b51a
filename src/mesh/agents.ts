/** Reads agents by their /metrics, as pods of a release or by URL: once for a live page, or twice, with what happened in between as the mesh. @module */

import { ApiError, makeApi, reportWaits, textOf } from "../kubernetes/client.ts";
import type { KubernetesApi } from "../kubernetes/client.ts";
import { connect, connectInCluster } from "../kubernetes/credentials.ts";
import type { ConnectDeps } from "../kubernetes/credentials.ts";
import { nodeNames } from "../kubernetes/nodes.ts";
import { agentPods } from "../kubernetes/pods.ts";
import { systemClock, TimeLimitError, within } from "../platform/clock.ts";
import type { Clock } from "../platform/clock.ts";
import { eraseLine, errorMessage, printable } from "../platform/terminal.ts";
import { agentProblems, buildMesh, withNodeObjects } from "./mesh.ts";
import type { MeshReading, MissingReport } from "./mesh.ts";
import {
  increaseBetween,
  isReported,
  parseExposition,
  reportQuery,
  sourceReports,
} from "./source_report.ts";
import type { SourceReport } from "./source_report.ts";

/** An agent that can be read. */
export interface ReadableAgent {
  /** The same in each list, and of no other agent. */
  readonly id: string;
  /** The node that it must report as; undefined where only its answer says which one it is of. */
  readonly node?: string;
  /** For people, where its node is not known: its URL without the path. */
  readonly name: string;
  /** Host of its URL: the address at which other agents may probe its node. */
  readonly address?: string;
  /** GET of its /metrics with a query; throws {@linkcode AgentStatusError} for another status than 200. */
  readonly metrics: (query: string, signal: AbortSignal) => Promise<string>;
}

/** An agent: how it is read, or why it cannot be. */
export type Agent = ReadableAgent | MissingReport;

/** Where the agents are found; dispose of it to close its connections. */
export interface AgentSource extends Disposable {
  /** For people: whose agents these are. */
  readonly title: string;
  /** The agents as they are now. Throws when there is none, and when they may not be listed. */
  readonly list: (signal: AbortSignal) => Promise<readonly Agent[]>;
  /** Names of the cluster's nodes; empty where they cannot be listed, absent without a cluster. */
  readonly nodeNames?: (signal: AbortSignal) => Promise<readonly string[]>;
}

/** An agent, or a proxy before it, answered with an error. */
export class AgentStatusError extends Error {
  /** The class's name, which a bundle shortens. */
  override readonly name = "AgentStatusError";
  /**
   * "forbidden": no agent can be read at all, the reader lacks the right or is not known any more;
   * "replaced": its pod is gone; "busy": it answers too many already.
   */
  readonly meaning: "forbidden" | "replaced" | "busy" | undefined;

  /** The message is for people. */
  constructor(message: string, meaning: AgentStatusError["meaning"], options?: ErrorOptions) {
    super(message, options);
    this.meaning = meaning;
  }
}

/** What the agents said at one moment. */
export interface AgentReading {
  /** Of those that answered, one a node. */
  readonly reports: readonly SourceReport[];
  /** Those that did not, and why. */
  readonly missing: readonly MissingReport[];
  /** The agents that answered. */
  readonly answered: readonly Agent[];
}

/** What reading is given from outside. */
export interface ReadingDeps {
  /** What the window between the readings is measured by. */
  readonly clock: Clock;
  /** Called with how many agents have answered or failed, of how many, in which of the two readings. */
  readonly progress: (done: number, of: number, reading: 1 | 2) => void;
}

/**
 * Agents that are waited for at once: 1,000 agents must not be 1,000 connections to the API server. One
 * that reads its fping in bursts answers after up to a second, and needs nearly nothing meanwhile.
 */
const concurrency = 128;
/** An agent that takes longer gives no data: its node may be dead. */
export const answerTimeoutMs = 5000;
/** An agent that answers too many readers at once says 503: it is asked once more after this time. */
const busyRetryMs = 300;

/**
 * Reads all agents twice, a window apart; what happened in between is the mesh. Agents that do not
 * answer are sources without data, with the reason. Throws when there is no agent at all, and when
 * they may not be read.
 */
export async function readAgents(
  source: Pick<AgentSource, "list" | "nodeNames">,
  windowMs: number,
  { clock, progress }: ReadingDeps,
  signal: AbortSignal,
): Promise<MeshReading> {
  const agents = await source.list(signal);
  const first = await readOnce(agents, (done, of) => progress(done, of, 1), signal);
  await clock.sleep(windowMs, signal);
  // Without a first reading there is no window: who did not answer is not waited for again.
  const second = await readOnce(first.answered, (done, of) => progress(done, of, 2), signal);
  const before = new Map(first.reports.map((report) => [report.source, report]));
  const reports = second.reports.map((report) =>
    increaseBetween(before.get(report.source) ?? report, report)
  );
  const mesh = buildMesh(reports, [...first.missing, ...second.missing], "no agent runs on it");
  return {
    mesh: withNodeObjects(mesh, await source.nodeNames?.(signal) ?? []),
    problems: agentProblems(reports),
  };
}

/** Reads all agents once. Throws when none may be read. */
export async function readOnce(
  agents: readonly Agent[],
  progress: (done: number, of: number) => void,
  signal: AbortSignal,
): Promise<AgentReading> {
  const answers: Answer[] = new Array(agents.length);
  let next = 0;
  let done = 0;
  const worker = async () => {
    while (next < agents.length) {
      const index = next++;
      const agent = agents[index];
      if (agent === undefined) return;
      answers[index] = await answerOf(agent, signal);
      progress(++done, agents.length);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, agents.length) }, worker));
  const reports = new Map<string, SourceReport>();
  for (const { report } of answers) if (report) reports.set(report.source, report);
  // One agent alone may play the API server's refusal: it is of all.
  const { refusal } = answers.find((answer) => answer.refusal !== undefined) ?? {};
  if (reports.size === 0 && refusal !== undefined) throw refusal;
  const known = new Map<string, string>();
  for (const { totals } of reports.values()) {
    for (const { kind, address, destination } of totals) {
      if (kind === "node") known.set(address, destination);
    }
  }
  const missing = answers.flatMap(({ agent, reason }): MissingReport[] => {
    if (reason === undefined) return [];
    if ("reason" in agent) return [agent];
    const node = agent.node ?? lastNodes.get(agent) ?? known.get(agent.address ?? "");
    return [{ source: node ?? agent.name, reason }];
  });
  const answered = answers.filter(({ report }) => report !== undefined).map(({ agent }) => agent);
  return { reports: [...reports.values()], missing, answered };
}

/** The node that an agent without a known one has answered for. */
const lastNodes = new WeakMap<ReadableAgent, string>();

/** What became of one agent: a report, or the reason why there is none. */
interface Answer {
  readonly agent: Agent;
  readonly report?: SourceReport;
  readonly reason?: string;
  /** Where the reader may not read it, as the API server says or the agent itself, which nobody can tell apart. */
  readonly refusal?: AgentStatusError;
}

async function answerOf(agent: Agent, signal: AbortSignal): Promise<Answer> {
  if ("reason" in agent) return { agent, reason: agent.reason };
  try {
    const text = await within(
      answerTimeoutMs,
      signal,
      (limited) => metricsText(agent, limited),
    );
    const reports = sourceReports(parseExposition(text, isReported));
    const own = agent.node === undefined
      ? reports.length === 1 ? reports[0] : undefined
      : reports.find((report) => report.source === agent.node);
    if (own === undefined) {
      return { agent, reason: "its agent reports as another node, or nothing" };
    }
    lastNodes.set(agent, own.source);
    // The answer is of this moment: the clocks of two nodes may differ by more than a stale report.
    const { writtenSeconds: _, ...report } = own;
    return { agent, report };
  } catch (error) {
    signal.throwIfAborted();
    const isForbidden = error instanceof AgentStatusError && error.meaning === "forbidden";
    return { agent, reason: reasonOf(error), ...(isForbidden ? { refusal: error } : {}) };
  }
}

async function metricsText(agent: ReadableAgent, signal: AbortSignal): Promise<string> {
  try {
    return await agent.metrics(reportQuery, signal);
  } catch (error) {
    if (!(error instanceof AgentStatusError) || error.meaning !== "busy") throw error;
    await systemClock.sleep(busyRetryMs, signal);
    return await agent.metrics(reportQuery, signal);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof AgentStatusError && error.meaning === "replaced") {
    return "its agent was replaced in the time looked at: look again";
  }
  if (error instanceof TimeLimitError) return "its agent does not answer in time";
  return `its agent does not answer: ${rootMessage(error)}`;
}

/** fetch says only that it failed; its causes say why. Its URL with all families asked for is too long to read. */
function rootMessage(error: unknown): string {
  return error instanceof Error && error.cause !== undefined && error.message === "fetch failed"
    ? rootMessage(error.cause)
    : errorMessage(error).replace(/\?name%5B%5D=[^)\s]*/, "");
}

/** The agents at these URLs, read directly; without a path, /metrics is read. */
export function agentsAtUrls(urls: readonly string[]): AgentSource {
  const agents = urls.map((text): ReadableAgent => {
    const url = new URL(text);
    if (url.pathname === "/") url.pathname = "/metrics";
    return {
      id: url.href,
      name: url.host,
      address: url.hostname.replace(/^\[|\]$/g, ""),
      metrics: async (query, signal) => {
        const asked = new URL(url);
        asked.search = [url.search.slice(1), query].filter(Boolean).join("&");
        const response = await fetch(asked, { signal, redirect: "manual" });
        if (response.ok) return await textOf(response.body && chunksOf(response.body));
        await response.body?.cancel();
        const meaning = response.status === 503 ? "busy" : undefined;
        throw new AgentStatusError(`${url.host} answers ${response.status}`, meaning);
      },
    };
  });
  return {
    title: `${urls.length} ${urls.length === 1 ? "agent" : "agents"}`,
    list: () => Promise.resolve(agents),
    [Symbol.dispose]: () => {},
  };
}

/** Buffers that bodies are read into, as many as are read at once. */
const buffers: ArrayBuffer[] = [];
const bufferBytes = 65_536;

/**
 * The chunks of a body, each until the next is asked for. A buffer of its own for each chunk takes
 * 80 MB more, of 1,000 agents (measured).
 */
async function* chunksOf(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader({ mode: "byob" });
  let buffer = buffers.pop() ?? new ArrayBuffer(bufferBytes);
  try {
    while (true) {
      const { value, done } = await reader.read(new Uint8Array(buffer));
      if (value !== undefined) buffer = value.buffer;
      if (done) return;
      yield value;
    }
  } finally {
    // What a read that failed was given is lost.
    if (buffer.byteLength > 0) buffers.push(buffer);
    await reader.cancel().catch(() => undefined);
  }
}

/** The part of a Kubernetes client that is used; its namespace is where the agents are looked for. */
export type AgentApi = Pick<KubernetesApi, "namespace" | "json" | "text">;

/** Which agents are read, and with whose rights. */
export interface ReleaseSettings {
  /** Helm release; every release of the namespace when left out. */
  readonly release?: string;
  /** The namespace of Helm, the kubeconfig or the pod when left out. */
  readonly namespace?: string;
  /** True in a pod that connects with its service account and reads nothing else. */
  readonly inCluster: boolean;
}

/**
 * Connects to the cluster; says where the API server lets wait, if that is wanted. Throws for people
 * where there is none to connect to.
 */
export async function agentsOfRelease(
  settings: ReleaseSettings,
  deps: ConnectDeps,
  reportsWaits: boolean = true,
): Promise<AgentSource> {
  const found = settings.inCluster ? await connectInCluster(deps.env) : await connect(deps);
  const connection = { ...found, namespace: settings.namespace ?? found.namespace };
  const client = makeApi(connection);
  const report = (message: string) => {
    eraseLine();
    deps.err(`${printable(message)}: is a NetworkPolicy, firewall or VPN between?\n`);
  };
  const api = reportsWaits ? reportWaits(client, connection, report) : client;
  return {
    ...agentsBehindApi(api, settings.release),
    nodeNames: async (signal) => {
      try {
        return await nodeNames(api, signal);
      } catch {
        signal.throwIfAborted();
        // Which nodes are stale is then unknown, and what was measured stays.
        return [];
      }
    },
    [Symbol.dispose]: () => api[Symbol.dispose](),
  };
}

/** The agents' pods in the namespace of the client. */
export function agentsBehindApi(api: AgentApi, release: string | undefined): AgentSource {
  const { namespace } = api;
  return {
    title: release === undefined ? `namespace ${namespace}` : `${release} in ${namespace}`,
    list: async (signal) => {
      const pods = await agentPods(api, release, signal).catch((error) => {
        throw withRemedy(error, namespace);
      });
      if (pods.length > 0) return pods.map((pod) => agentOf(pod, api));
      throw new Error(
        `No agent of nodeping in the namespace "${namespace}"` +
          (release === undefined ? "" : ` of the release "${release}"`) +
          ": give --namespace, or install the chart",
      );
    },
    [Symbol.dispose]: () => {},
  };
}

function agentOf(pod: Awaited<ReturnType<typeof agentPods>>[number], api: AgentApi): Agent {
  const { node } = pod;
  if ("reason" in pod) return { source: node, reason: pod.reason };
  return {
    ...{ id: pod.metricsPath, node, name: node },
    metrics: async (query, signal) => {
      try {
        return await api.text(`${pod.metricsPath}?${query}`, { signal });
      } catch (error) {
        throw withRemedy(error, api.namespace);
      }
    },
  };
}

/** What the API server refuses is the same for all agents, and nothing that an agent says of itself. */
function withRemedy(error: unknown, namespace: string): unknown {
  if (!(error instanceof ApiError)) return error;
  const { reason, message, status } = error;
  const cause = { cause: error };
  if (reason === "Unauthorized") return new AgentStatusError(message, "forbidden", cause);
  if (reason === "Forbidden") {
    return new AgentStatusError(
      `${message}. Reading the agents needs the verbs "list" of pods and "get" of pods/proxy ` +
        `in the namespace "${namespace}"`,
      "forbidden",
      cause,
    );
  }
  const meaning = reason === "NotFound" ? "replaced" : status === 503 ? "busy" : undefined;
  return new AgentStatusError(message, meaning, cause);
}
