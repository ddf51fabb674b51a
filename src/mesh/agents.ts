/** Reads the agents themselves, through the API server's proxy to their pods. @module */

import { ApiError, makeApi } from "../kubernetes/client.ts";
import { connect, connectInCluster } from "../kubernetes/credentials.ts";
import { agentPods } from "../kubernetes/pods.ts";
import type { AgentPod } from "../kubernetes/pods.ts";
import { agentProblems, buildMesh } from "./mesh.ts";
import type { MeshReading, MissingReport } from "./mesh.ts";
import { between, isReported, parseExposition, sourceReports } from "./source_report.ts";
import type { SourceReport } from "./source_report.ts";
import { systemClock, TimeLimitError, within } from "../platform/clock.ts";
import type { Clock } from "../platform/clock.ts";

/** The part of a Kubernetes client that is used; the path starts at the API server's root. */
export interface AgentApi {
  /** Where the agents are looked for. */
  readonly namespace: string;
  /** GET of a path, read as JSON. */
  readonly json: (path: string, options: AgentRequest) => Promise<unknown>;
  /** The lines of a text answer, without their ends. */
  readonly lines: (path: string, options: AgentRequest) => AsyncIterable<string>;
}

/** What a request carries. */
export interface AgentRequest {
  /** Query of the URL. */
  readonly query?: Readonly<Record<string, string>>;
  /** Ends the request. */
  readonly signal: AbortSignal;
}

/** How to read. */
export interface ReadAgentsOptions {
  /** Helm release; every release of the namespace when left out. */
  readonly release?: string;
  /** Time between the two readings. */
  readonly windowMs: number;
}

/** What reading needs of the world. */
export interface AgentSurroundings {
  /** The cluster's API. */
  readonly api: AgentApi;
  /** What the window between the readings is measured by. */
  readonly clock: Clock;
  /** Told how many agents have answered or failed, of how many, in which of the two readings. */
  readonly progress: (done: number, of: number, reading: 1 | 2) => void;
}

/** Requests under way at once: 1,000 agents must not be 1,000 connections to the API server. */
const concurrency = 32;
/** An agent that takes longer is silent: its node may be dead. */
const answerTimeoutMs = 5000;

type Answer = SourceReport | MissingReport;

interface Answered {
  readonly pod: AgentPod;
  readonly report: SourceReport;
}

/**
 * Reads all agents twice, a window apart; what happened in between is the mesh. Agents that do not
 * answer are silent sources, with the reason. Throws when there is no agent at all, and when they
 * may not be read.
 */
export async function readAgents(
  settings: ReadAgentsOptions,
  surroundings: AgentSurroundings,
  signal: AbortSignal,
): Promise<MeshReading> {
  const { api, clock, progress } = surroundings;
  const pods = await agentPods(api, settings.release, signal);
  if (pods.length === 0) {
    throw new Error(
      `No agent of nodeping in the namespace "${api.namespace}"` +
        (settings.release === undefined ? "" : ` of the release "${settings.release}"`) +
        ": give --namespace, or install the chart",
    );
  }
  const missing: MissingReport[] = [];
  const read = async (from: readonly AgentPod[], reading: 1 | 2): Promise<Answered[]> => {
    const told = (done: number) => progress(done, from.length, reading);
    const answers = await readAll(from, api, told, signal);
    missing.push(...answers.filter((answer) => "reason" in answer));
    return answers.flatMap((report, index) => {
      const pod = from[index];
      return pod === undefined || "reason" in report ? [] : [{ pod, report }];
    });
  };
  const first = await read(pods, 1);
  await clock.sleep(settings.windowMs, signal);
  // Without a first reading there is no window: who did not answer is not waited for again.
  const second = await read(first.map(({ pod }) => pod), 2);
  const before = new Map(first.map(({ report }) => [report.source, report]));
  const reports = second.map(({ report }) => between(before.get(report.source) ?? report, report));
  return {
    mesh: buildMesh(reports, missing, "no agent runs on it"),
    problems: agentProblems(reports),
  };
}

async function readAll(
  pods: readonly AgentPod[],
  api: AgentApi,
  progress: (done: number) => void,
  signal: AbortSignal,
): Promise<Answer[]> {
  const answers: Answer[] = new Array(pods.length);
  let next = 0;
  let done = 0;
  const worker = async () => {
    while (next < pods.length) {
      const index = next++;
      const pod = pods[index];
      if (pod === undefined) return;
      answers[index] = await readAgent(pod, api, signal);
      progress(++done);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, pods.length) }, worker));
  return answers;
}

async function readAgent(pod: AgentPod, api: AgentApi, signal: AbortSignal): Promise<Answer> {
  const source = pod.node;
  if ("reason" in pod) return { source, reason: pod.reason };
  const { metricsPath } = pod;
  try {
    const text = await within(answerTimeoutMs, signal, async (limited) => {
      let lines = "";
      for await (const line of api.lines(metricsPath, { signal: limited })) lines += `${line}\n`;
      return lines;
    });
    const reports = sourceReports(parseExposition(text, isReported));
    const own = reports.find((report) => report.source === source);
    if (own === undefined) {
      return { source, reason: "its agent reports as another node, or nothing" };
    }
    // The answer is of this moment: the clocks of two nodes may differ by more than a stale report.
    const { writtenSeconds: _, ...report } = own;
    return report;
  } catch (error) {
    signal.throwIfAborted();
    // The same for all of them, and nothing that an agent could say of itself.
    if (error instanceof ApiError && error.reason === "Forbidden") throw error;
    if (error instanceof ApiError && error.reason === "NotFound") {
      return { source, reason: "its agent was replaced in the time looked at: look again" };
    }
    if (error instanceof TimeLimitError) {
      return { source, reason: `its agent does not answer within ${error.limitMs / 1000} s` };
    }
    const detail = error instanceof Error ? error.message : String(error);
    return { source, reason: `its agent does not answer: ${detail}` };
  }
}

/** Which agents are read, and from where. */
export interface LiveSettings {
  /** Helm release; every release of the namespace when left out. */
  readonly release?: string;
  /** The namespace of Helm, the kubeconfig or the pod when left out. */
  readonly namespace?: string;
  /** True in a pod that connects with its service account and reads nothing else. */
  readonly inCluster: boolean;
  /** Time between the two readings. */
  readonly windowMs: number;
}

/** What reading needs of the world. */
export interface LiveSurroundings {
  /** Variable of the environment. */
  readonly env: (name: string) => string | undefined;
  /** Told what goes on, again and again, for a line that is replaced. */
  readonly status: (message: string) => void;
}

/** Reads all agents twice, a window apart. Throws for people when that cannot be begun. */
export async function readLiveMesh(
  settings: LiveSettings,
  { env, status }: LiveSurroundings,
  signal: AbortSignal,
): Promise<MeshReading> {
  const { release, windowMs } = settings;
  const connection = settings.inCluster ? await connectInCluster(env) : await connect(env);
  const namespace = settings.namespace ?? connection.namespace;
  using api = makeApi({ ...connection, namespace });
  const progress = (done: number, of: number, reading: 1 | 2) => {
    const isBetween = reading === 1 && done === of;
    status(
      isBetween
        ? `Watching ${of} agents for ${windowMs / 1000} s`
        : `Reading agents: ${done} of ${of}, reading ${reading} of 2`,
    );
  };
  try {
    return await readAgents(
      { windowMs, ...(release === undefined ? {} : { release }) },
      { api, clock: systemClock, progress },
      signal,
    );
  } catch (error) {
    if (!(error instanceof ApiError) || error.reason !== "Forbidden") throw error;
    throw new Error(
      `${error.message}. Reading the agents needs the verbs "list" of pods and "get" of ` +
        `pods/proxy in the namespace "${namespace}"`,
      { cause: error },
    );
  }
}
