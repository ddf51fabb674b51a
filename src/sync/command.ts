/** `nodeping sync`: from the command line to a run, once, watching, into a values file or in the cluster. @module */

import { exitCode } from "../command.ts";
import type { ExitCode } from "../command.ts";
import type { ProgramDeps } from "../platform/process.ts";
import { makeApi } from "../kubernetes/client.ts";
import type { KubernetesApi } from "../kubernetes/client.ts";
import { liveConfigMap, readListText } from "../kubernetes/config_map.ts";
import { connect, connectInCluster, isInCluster } from "../kubernetes/credentials.ts";
import { listNodes } from "../kubernetes/nodes.ts";
import { systemClock } from "../platform/clock.ts";
import { systemFileWriter } from "../platform/files.ts";
import { makeLog } from "../platform/log.ts";
import type { LogFields } from "../platform/log.ts";
import { syncConfigMap } from "./config_map.ts";
import { findHelm, HelmError } from "./helm.ts";
import { diffCounts, nodeCount, reportJson, reportText } from "./node_diff.ts";
import type { SyncReport } from "./node_diff.ts";
import { explainNoRelease, findRelease, NoReleaseError, readReleaseState } from "./release.ts";
import { readSyncOptions, settleSettings, syncHelp } from "./settings.ts";
import type { SyncOptions, SyncSettings } from "./settings.ts";
import { syncRelease } from "./upgrade.ts";
import type { NodeSource } from "./upgrade.ts";
import { syncValuesFile } from "./values_file.ts";
import { feedNodes, watch } from "./watch.ts";

/** Runs `nodeping sync`. */
export async function syncCommand(context: ProgramDeps): Promise<ExitCode> {
  const parsed = readSyncOptions(context.args);
  if (parsed.kind === "help") {
    context.out(syncHelp());
    return exitCode.done;
  }
  if (parsed.kind === "problems") {
    context.err(parsed.problems.map((problem) => `${problem}\n`).join(""));
    return exitCode.usage;
  }
  const { options } = parsed;
  const notices = makeNotices({
    write: context.err,
    isTerminal: Deno.stderr.isTerminal(),
    isLog: options.watch && !Deno.stderr.isTerminal(),
    wallMs: systemClock.wallMs,
  });
  try {
    // The in-cluster sync reads the service account's mount and nothing else.
    using api = makeApi(
      options.configMap !== undefined && isInCluster(context.env)
        ? await connectInCluster(context.env)
        : await connect(context.env),
    );
    return await inMode({ context, options, api, notices });
  } catch (error) {
    if (context.signal.aborted) return exitCode.failure;
    notices.failure(error instanceof Error ? error.message : String(error));
    return exitCode.failure;
  }
}

async function inMode(mode: Mode): Promise<ExitCode> {
  const { context, options, api } = mode;
  if (options.configMap !== undefined) return await runConfigMapSync(mode, options.configMap);
  try {
    return await (options.watch ? runWatch(mode) : runOnce(mode));
  } catch (error) {
    if (!(error instanceof NoReleaseError)) throw error;
    throw new Error(await explainNoRelease(error, api, context.signal), { cause: error });
  }
}

/** Everything that a mode works with. */
export interface Mode {
  /** What the command works with. */
  readonly context: ProgramDeps;
  /** From the command line. */
  readonly options: SyncOptions;
  /** The cluster's API. */
  readonly api: KubernetesApi;
  /** Tells people, or the log. */
  readonly notices: Notices;
}

/** A run by itself. */
export async function runOnce(mode: Mode): Promise<ExitCode> {
  const { context, options, api } = mode;
  const { signal } = context;
  const nodes: NodeSource = async (selector) => (await listNodes(api, selector, signal)).nodes;
  const { report, text } = isForGitOps(options)
    ? await intoValues(mode, nodes)
    : { report: await intoRelease(mode, nodes), text: "" };
  tellProblems(mode, report);
  if (options.output === "values") context.out(text);
  else if (options.output === "json") context.out(reportJson(report));
  else context.out(reportText(report));
  return options.exitCode && report.action === "pending" ? exitCode.found : exitCode.done;
}

/** Runs at every change until Ctrl-C. */
export async function runWatch(mode: Mode): Promise<ExitCode> {
  const { options } = mode;
  // A release that cannot be found at the start will not come by itself.
  if (!isForGitOps(options)) await stateOfRelease(mode);
  return await watching(
    mode,
    async (nodes) =>
      isForGitOps(options)
        ? (await intoValues(mode, nodes)).report
        : await intoRelease(mode, nodes),
  );
}

/** Runs at every change in a pod, writing the live ConfigMap. Needs no Helm and starts nothing. */
export async function runConfigMapSync(mode: Mode, name: string): Promise<ExitCode> {
  const { api, context, options } = mode;
  const settings = settleSettings(options, undefined);
  const configMap = liveConfigMap(api, name);
  const { signal } = context;
  return await watching(
    mode,
    (nodes) => syncConfigMap({ name, configMap, nodes, settings, signal }),
  );
}

async function watching(
  mode: Mode,
  sync: (nodes: NodeSource) => Promise<SyncReport>,
): Promise<ExitCode> {
  const { context, api, notices } = mode;
  const { signal } = context;
  let changed = (): void => {};
  const onNotice = (message: string) => notices.notice(message);
  const onChange = () => changed();
  notices.notice("Watching the nodes", {
    namespace: api.namespace,
    release: mode.options.release,
    file: mode.options.valuesFile,
    configmap: mode.options.configMap,
  });
  const nodes = feedNodes({ api, clock: systemClock, signal, onChange, onNotice });
  await watch({
    ...{ clock: systemClock, signal },
    sync: () => sync(nodes),
    onStart: (poke) => void (changed = poke),
    onReport: (report) => tellReport(mode, report),
    onFailure: (error, retryMs) => {
      const message = error instanceof Error ? error.message : String(error);
      notices.failure(`${message}; trying again in ${retryMs / 1000} s`);
    },
  });
  notices.notice("Stopped");
  return exitCode.done;
}

function tellReport(mode: Mode, report: SyncReport): void {
  const { notices, options, context } = mode;
  const count = nodeCount(report.nodes);
  if (report.action !== "none") {
    tellProblems(mode, report);
    if (options.output === "json") context.out(reportJson(report));
    notices.notice(
      report.action === "in-cluster" ? reportText(report).split("\n")[0] ?? "" : "Wrote the nodes",
      {
        change: diffCounts(report.diff),
        nodes: count,
        release: report.release,
        revision: report.revision,
        file: report.file,
        configmap: report.configMap,
      },
    );
  }
  const time = new Date(systemClock.wallMs()).toTimeString().slice(0, 8);
  const target = report.release ?? report.file ?? report.configMap;
  const revision = report.revision === undefined ? "" : ` at revision ${report.revision}`;
  notices.status(
    `Watching ${count} nodes for ${target}${revision}, in step at ${time}; Ctrl-C ends`,
  );
}

function tellProblems({ notices }: Mode, { leftOut }: SyncReport): void {
  for (const { name, reason, isProblem } of leftOut) {
    if (isProblem) notices.notice(`Node "${name}" is left out: ${reason}`);
  }
}

function isForGitOps({ valuesFile, output }: SyncOptions): boolean {
  return valuesFile !== undefined || output === "values";
}

async function intoRelease(mode: Mode, nodes: NodeSource): Promise<SyncReport> {
  const { context, options, api, notices } = mode;
  const { spawn, env, signal } = context;
  return await syncRelease({
    ...{ nodes, clock: systemClock, signal, namespace: api.namespace },
    helm: await findHelm({ spawn, env, signal }),
    listText: (configMap) => readListText(api, configMap, signal),
    onNotice: notices.notice,
    onWrite: () => {
      const tell = () => notices.notice("Letting the upgrade under way finish");
      signal.addEventListener("abort", tell);
      return () => signal.removeEventListener("abort", tell);
    },
  }, options);
}

async function intoValues(
  mode: Mode,
  nodes: NodeSource,
): Promise<{ report: SyncReport; text: string }> {
  const { options } = mode;
  const settings = await settingsForGitOps(mode);
  const readText = (path: string) =>
    Deno.readTextFile(path).catch((error: unknown) => {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    });
  return await syncValuesFile({ nodes, settings, files: systemFileWriter, readText }, options);
}

/** Those of the release where there is one and Helm to read it; GitOps often has neither. */
async function settingsForGitOps(mode: Mode): Promise<SyncSettings> {
  try {
    return (await stateOfRelease(mode)).settings;
  } catch (error) {
    const isOptional = error instanceof NoReleaseError || error instanceof HelmError;
    if (mode.options.release !== undefined || !isOptional) throw error;
    return settleSettings(mode.options, undefined);
  }
}

async function stateOfRelease(mode: Mode): ReturnType<typeof readReleaseState> {
  const { context, options, api, notices } = mode;
  const { spawn, env, signal } = context;
  const helm = await findHelm({ spawn, env, signal });
  const { namespace } = api;
  const name = options.release ?? await findRelease(helm, namespace);
  const { timeoutMs } = options;
  return await readReleaseState({
    ...{ helm, name, namespace, clock: systemClock, timeoutMs, signal },
    onWait: notices.notice,
  }, options);
}

/** Tells what goes on. */
export interface Notices {
  /** Something worth knowing. */
  readonly notice: (message: string, fields?: LogFields) => void;
  /** Something did not work. */
  readonly failure: (message: string, fields?: LogFields) => void;
  /** What holds now: replaced in place on a terminal, told to nobody elsewhere. */
  readonly status: (message: string) => void;
}

/** Settings of {@linkcode makeNotices}. */
export interface NoticeOptions {
  /** Standard error. */
  readonly write: (text: string) => void;
  /** Whether a line can be replaced in place. */
  readonly isTerminal: boolean;
  /** Log lines with time and level instead of sentences. */
  readonly isLog: boolean;
  /** Unix time in milliseconds. */
  readonly wallMs: () => number;
}

/** Makes notices. */
export function makeNotices({ write, isTerminal, isLog, wallMs }: NoticeOptions): Notices {
  if (isLog) {
    const log = makeLog({ level: "info", format: "logfmt", write, wallMs });
    return { notice: log.info, failure: log.error, status: () => {} };
  }
  const line = (message: string): void => write(`${isTerminal ? "\r\x1b[K" : ""}${message}\n`);
  return {
    notice: (message) => line(message),
    failure: (message) => line(`Error: ${message}`),
    status: (message) => isTerminal && write(`\r\x1b[K${message}`),
  };
}
