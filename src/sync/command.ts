/** `nodeping sync`: from the command line to a run, once, watching, into a values file or in the cluster. @module */

import { exitCode } from "../exit_code.ts";
import type { ExitCode } from "../exit_code.ts";
import type { ProgramDeps } from "../platform/process.ts";
import { makeApi, reportWaits } from "../kubernetes/client.ts";
import type { KubernetesApi } from "../kubernetes/client.ts";
import { ConnectionError } from "../kubernetes/endpoint.ts";
import { liveConfigMap, readListText } from "../kubernetes/config_map.ts";
import { connect, connectInCluster, isInCluster } from "../kubernetes/credentials.ts";
import { listNodes } from "../kubernetes/nodes.ts";
import type { NodeSource } from "../kubernetes/nodes.ts";
import { serveHttp } from "../output/http.ts";
import { nodeCount } from "../nodes/node_list.ts";
import { systemClock } from "../platform/clock.ts";
import { regularFile, systemFileWriter } from "../platform/files.ts";
import { makeSyncStatus, nodesOfList, syncConfigMap } from "./in_cluster.ts";
import { findHelm, HelmError } from "./helm.ts";
import { diffCounts, makeNotices, reportJson, reportText } from "./report.ts";
import type { Notices, SyncReport } from "./report.ts";
import { explainNoRelease, NoReleaseError, readReleaseState } from "./release.ts";
import { readSyncOptions, settleSettings, syncHelp } from "./settings.ts";
import type { SyncOptions, SyncSettings } from "./settings.ts";
import { syncRelease } from "./upgrade.ts";
import { syncValuesFile } from "./values_file.ts";
import { informedNodes, makeDebounce, nodeChangeTimes, watch } from "./watch.ts";
import { errorMessage } from "../platform/terminal.ts";

/** What every mode of sync is given. */
interface SyncDeps extends ProgramDeps {
  /** The cluster's API. */
  readonly api: KubernetesApi;
  /** Receives messages for a person or a log. */
  readonly notices: Notices;
}

/** What to look at where packets to the API server vanish, or nobody listens. */
const reachRemedy = "is a NetworkPolicy or firewall between, or no kube-proxy on this node? " +
  "In the chart, sync.extraEnv can name another KUBERNETES_SERVICE_HOST";

/** Runs `nodeping sync`. */
export async function syncCommand(program: ProgramDeps): Promise<ExitCode> {
  const { args, env, out, err, signal } = program;
  const parsed = readSyncOptions(args);
  if (parsed.kind === "help") {
    out(syncHelp());
    return exitCode.done;
  }
  if (parsed.kind === "invalid") {
    err(parsed.problems.map((problem) => `${problem}\n`).join(""));
    return exitCode.usage;
  }
  const { settings: options } = parsed;
  const notices = makeNotices({
    write: err,
    isTerminal: Deno.stderr.isTerminal(),
    isLog: options.watch && !Deno.stderr.isTerminal(),
    wallMs: systemClock.wallMs,
  });
  try {
    // The in-cluster sync reads the service account's mount and nothing else.
    const connection = options.configMap !== undefined && isInCluster(env)
      ? await connectInCluster(env)
      : await connect(program);
    using client = makeApi(connection);
    const onWait = (message: string) => notices.failure(`${message}: ${reachRemedy}`);
    const api = reportWaits(client, connection, onWait);
    const deps = { ...program, api, notices };
    if (options.configMap !== undefined) return await watchInCluster(deps, options);
    const run = options.watch ? watchFromOutside : runOnce;
    return await withOwnerNamed(deps, run(deps, options));
  } catch (error) {
    if (signal.aborted) return exitCode.failure;
    notices.failure(errorMessage(error));
    return exitCode.failure;
  }
}

/** A run by itself. */
async function runOnce(deps: SyncDeps, options: SyncOptions): Promise<ExitCode> {
  const { api, notices, out, signal } = deps;
  const nodes: NodeSource = async (selector) => (await listNodes(api, selector, signal)).nodes;
  const { report, text } = isForGitOps(options)
    ? await intoValues(deps, options, nodes)
    : { report: await intoRelease(deps, options, nodes), text: "" };
  makeProblemReport(notices)(report);
  if (options.output === "values") out(text);
  else if (options.output === "json") out(reportJson(report));
  else out(reportText(report));
  return options.exitCode && report.action === "pending" ? exitCode.found : exitCode.done;
}

/** Runs at every change until Ctrl-C. */
async function watchFromOutside(deps: SyncDeps, options: SyncOptions): Promise<ExitCode> {
  // A release that cannot be found at the start will not come by itself.
  if (!isForGitOps(options)) await stateOfRelease(deps, options);
  return await watchNodes(
    deps,
    options,
    async (nodes) =>
      isForGitOps(options)
        ? (await intoValues(deps, options, nodes)).report
        : await intoRelease(deps, options, nodes),
  );
}

/** Runs at every change in a pod, writing the live ConfigMap. Needs no Helm and starts nothing. */
async function watchInCluster(deps: SyncDeps, options: SyncOptions): Promise<ExitCode> {
  const { api, notices, signal } = deps;
  const { configMap: name = "", releaseList, listen } = options;
  const status = makeSyncStatus(systemClock);
  if (listen !== undefined) {
    const { notice: info, failure: error } = notices;
    const log = { debug: () => {}, info, warn: info, error };
    serveHttp({ addresses: listen, endpoints: status.endpoints, log }, signal);
  }
  const live = {
    ...{ name, signal, configMap: liveConfigMap(api, name), onReached: status.reached },
    settings: settleSettings(options, undefined),
    releaseNodes: async () => {
      const text = releaseList === undefined ? undefined : await readTextIfThere(releaseList);
      return text === undefined ? [] : nodesOfList(text);
    },
  };
  return await watchNodes(deps, options, async (nodes) => {
    try {
      const report = await syncConfigMap({ ...live, nodes });
      status.succeeded(report);
      return report;
    } catch (error) {
      status.failed();
      if (!(error instanceof ConnectionError)) throw error;
      throw new Error(`${error.message}: ${reachRemedy}`, { cause: error });
    }
  });
}

async function watchNodes(
  deps: SyncDeps,
  options: SyncOptions,
  sync: (nodes: NodeSource) => Promise<SyncReport>,
): Promise<ExitCode> {
  const { api, notices, signal } = deps;
  notices.notice("Watching the nodes", {
    namespace: api.namespace,
    release: options.release,
    file: options.valuesFile,
    configmap: options.configMap,
  });
  const changes = makeDebounce({ clock: systemClock, ...nodeChangeTimes });
  const nodes = informedNodes({
    ...{ api, clock: systemClock, signal },
    onChange: changes.notify,
    onFailure: notices.failure,
  });
  const reportProblems = makeProblemReport(notices);
  await watch({
    ...{ signal, changes },
    sync: () => sync(nodes),
    onReport: (report) => {
      reportProblems(report);
      reportRun(deps, options, report);
    },
    onFailure: (error, retryMs) => {
      const message = errorMessage(error);
      notices.failure(`${message}; trying again in ${retryMs / 1000} s`);
    },
  });
  notices.notice("Stopped");
  return exitCode.done;
}

function reportRun({ notices, out }: SyncDeps, options: SyncOptions, report: SyncReport): void {
  const count = nodeCount(report.nodes);
  if (report.action !== "none") {
    if (options.output === "json") out(reportJson(report));
    notices.notice("Wrote the nodes", {
      change: diffCounts(report.diff),
      nodes: count,
      release: report.release,
      revision: report.revision,
      file: report.file,
      configmap: report.configMap,
    });
  }
  const time = new Date(systemClock.wallMs()).toTimeString().slice(0, 8);
  const target = report.release ?? report.file ?? report.configMap;
  const revision = report.revision === undefined ? "" : ` at revision ${report.revision}`;
  notices.status(
    `Watching ${count} nodes for ${target}${revision}, in step at ${time}; Ctrl-C ends`,
  );
}

/** Names nodes that are left out though nobody asked for it: each once, as long as its reason stays. */
function makeProblemReport({ notice }: Notices): (report: SyncReport) => void {
  let known: ReadonlySet<string> = new Set();
  return ({ leftOut }) => {
    const messages = leftOut.filter(({ isProblem }) => isProblem)
      .map(({ name, reason }) => `Node "${name}" is left out: ${reason}`);
    messages.filter((message) => !known.has(message)).forEach((message) => notice(message));
    known = new Set(messages);
  };
}

function isForGitOps({ valuesFile, output }: SyncOptions): boolean {
  return valuesFile !== undefined || output === "values";
}

async function intoRelease(
  deps: SyncDeps,
  options: SyncOptions,
  nodes: NodeSource,
): Promise<SyncReport> {
  const { spawn, env, signal, api, notices } = deps;
  return await syncRelease({
    ...{ nodes, clock: systemClock, signal, namespace: api.namespace },
    helm: await findHelm({ spawn, env, signal }),
    listText: (configMap) => readListText(api, configMap, signal),
    onNotice: notices.notice,
    onWrite: () => {
      const onAbort = () => notices.notice("Letting the upgrade under way finish");
      signal.addEventListener("abort", onAbort);
      return () => signal.removeEventListener("abort", onAbort);
    },
  }, options);
}

async function intoValues(
  deps: SyncDeps,
  options: SyncOptions,
  nodes: NodeSource,
): Promise<{ report: SyncReport; text: string }> {
  const { valuesFile } = options;
  const file = valuesFile === undefined ? undefined : await regularFile(valuesFile);
  if (valuesFile !== undefined && file === undefined) {
    throw new Error(
      `--values-file is "${valuesFile}", which is no regular file: write --output values`,
    );
  }
  const settings = await settingsForGitOps(deps, options);
  const run = { nodes, settings, files: systemFileWriter, readText: readTextIfThere };
  return await syncValuesFile(run, { ...options, valuesFile: file });
}

/** Text of a file; undefined where there is none. */
async function readTextIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Those of the release where there is one and Helm to read it; GitOps often has neither. */
async function settingsForGitOps(deps: SyncDeps, options: SyncOptions): Promise<SyncSettings> {
  try {
    return (await stateOfRelease(deps, options)).settings;
  } catch (error) {
    const isOptional = error instanceof NoReleaseError || error instanceof HelmError;
    if (options.release !== undefined || !isOptional) throw error;
    return settleSettings(options, undefined);
  }
}

async function stateOfRelease(
  deps: SyncDeps,
  options: SyncOptions,
): ReturnType<typeof readReleaseState> {
  const { spawn, env, signal, api, notices } = deps;
  return await readReleaseState({
    ...{ clock: systemClock, signal, namespace: api.namespace },
    helm: await findHelm({ spawn, env, signal }),
    onWait: notices.notice,
  }, options);
}

/** Says who made the installation where it is no Helm release. */
async function withOwnerNamed<T>({ api, signal }: SyncDeps, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof NoReleaseError)) throw error;
    throw new Error(await explainNoRelease(error, api, signal), { cause: error });
  }
}
