/** Reads the agents themselves, through the API server's proxy to their pods. @module */

import type { Clock } from "../shell/clock.ts";
import { buildMesh, type MeshReading, type MissingReport } from "./build_mesh.ts";
import { parseExposition } from "./exposition.ts";
import { type AgentPod, agentPods } from "./agent_pods.ts";
import { between, isReported, type SourceReport, sourceReports } from "./source_report.ts";

/** The part of a Kubernetes client that is used; the path starts at the API server's root. */
export interface AgentApi {
  readonly namespace: string;
  readonly json: (path: string, options: AgentRequest) => Promise<unknown>;
  /** The lines of a text answer, without their ends. */
  readonly lines: (path: string, options: AgentRequest) => AsyncIterable<string>;
}

/** What a request carries. */
export interface AgentRequest {
  readonly query?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** How to read. */
export interface AgentSettings {
  /** Helm release; every release of the namespace when left out. */
  readonly release?: string;
  /** Time between the two readings. */
  readonly windowMs: number;
}

/** What reading needs of the world. */
export interface AgentSurroundings {
  readonly api: AgentApi;
  readonly clock: Clock;
  /** Told how many agents have answered or failed, of how many, in which of the two readings. */
  readonly progress: (done: number, of: number, reading: 1 | 2) => void;
}

/** Requests under way at once: 1,000 agents must not be 1,000 connections to the API server. */
const concurrency = 32;
/** An agent that takes longer is silent: its node may be dead. */
const answerTimeoutMs = 10_000;

type Answer = SourceReport | MissingReport;

/**
 * Reads all agents twice, a window apart; what happened in between is the mesh. Agents that do not
 * answer are silent sources, with the reason. Throws when there is no agent at all.
 */
export async function readAgents(
  settings: AgentSettings,
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
  const read = (reading: 1 | 2) =>
    readAll(pods, api, (done) => progress(done, pods.length, reading), signal);
  const first = await read(1);
  await clock.sleep(settings.windowMs, signal);
  const second = await read(2);
  const reports: SourceReport[] = [];
  const missing: MissingReport[] = [];
  second.forEach((later, index) => {
    const earlier = first[index];
    if ("reason" in later) missing.push(later);
    else if (earlier === undefined || "reason" in earlier) {
      const reason = earlier?.reason ?? "no answer";
      missing.push({ source: later.source, reason: `at first ${reason}, then it answered` });
    } else reports.push(between(earlier, later));
  });
  return { mesh: buildMesh(reports, missing, "no agent runs on it"), problems: [] };
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
  const limited = AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs)]);
  try {
    let text = "";
    for await (const line of api.lines(pod.metricsPath, { signal: limited })) text += `${line}\n`;
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
    const detail = error instanceof Error ? error.message : String(error);
    return { source, reason: `its agent does not answer: ${detail}` };
  }
}
