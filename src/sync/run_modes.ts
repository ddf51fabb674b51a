/** The ways in which sync runs: once, watching, into a values file, in the cluster. @module */

import type { CommandContext } from "../command.ts";
import { exitCode } from "../exit_code.ts";
import type { ExitCode } from "../exit_code.ts";
import type { KubernetesApi } from "../kubernetes/api.ts";
import { readListText } from "../kubernetes/list_config_map.ts";
import { liveConfigMap } from "../kubernetes/live_config_map.ts";
import { listNodes } from "../kubernetes/nodes.ts";
import { systemClock } from "../shell/clock.ts";
import { systemFileWriter } from "../shell/files.ts";
import { findHelm, HelmError } from "./helm.ts";
import { diffCounts, nodeCount } from "./node_diff.ts";
import { feedNodes } from "./node_feed.ts";
import type { Notices } from "./notices.ts";
import { findRelease, NoReleaseError } from "./release.ts";
import { readReleaseState } from "./release_state.ts";
import { syncConfigMap } from "./sync_config_map.ts";
import type { SyncOptions } from "./sync_flags.ts";
import { syncRelease } from "./sync_release.ts";
import type { NodeSource } from "./sync_release.ts";
import { reportJson, reportText } from "./sync_report.ts";
import type { SyncReport } from "./sync_report.ts";
import { settleSettings } from "./sync_settings.ts";
import type { SyncSettings } from "./sync_settings.ts";
import { syncValuesFile } from "./sync_values_file.ts";
import { watch } from "./watch.ts";

/** Everything that a mode works with. */
export interface Mode {
  /** What the command works with. */
  readonly context: CommandContext;
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
