/** One run of sync on a Helm release: at most one new revision, which changes the nodes alone. @module */

import type { ListText } from "../kubernetes/config_map.ts";
import type { NodeSource } from "../kubernetes/nodes.ts";
import { sizeRefusal } from "../nodes/node_list.ts";
import type { NodeEntry } from "../nodes/node_list.ts";
import type { Clock } from "../platform/clock.ts";
import { withTemporaryFiles } from "../platform/files.ts";
import { helmFailure } from "./helm.ts";
import type { Helm } from "./helm.ts";
import { applyNodeRules, shrinkRefusal } from "./node_choice.ts";
import { diffCounts, diffNodes, isEmptyDiff } from "./report.ts";
import type { SyncReport } from "./report.ts";
import { manifestDifferences, parseManifest, readRelease, readReleaseState } from "./release.ts";
import type { ReleaseState } from "./release.ts";
import { chartFiles, chartTemplate } from "./release_chart.ts";
import type { SyncOptions } from "./settings.ts";
import { errorMessage } from "../platform/terminal.ts";

/** What a run on a release is given. */
export interface ReleaseSyncDeps {
  /** Runs Helm. */
  readonly helm: Helm;
  /** Namespace of the release. */
  readonly namespace: string;
  /** Nodes of the cluster, by the settings. */
  readonly nodes: NodeSource;
  /** What a ConfigMap in the cluster has, whatever the release rendered. */
  readonly listText: (configMap: string) => Promise<ListText>;
  /** What waits are measured by. */
  readonly clock: Clock;
  /** Ends the run; an upgrade under way is finished. */
  readonly signal: AbortSignal;
  /** Receives messages for a person or a log. */
  readonly onNotice: (message: string) => void;
  /** Called when the write begins; what it returns is called at the write's end. */
  readonly onWrite?: () => () => void;
}

const attempts = 5;

/** Brings a release in step; begins again when somebody else changed it meanwhile. */
export async function syncRelease(
  deps: ReleaseSyncDeps,
  options: SyncOptions,
): Promise<SyncReport> {
  for (let attempt = 1;; attempt++) {
    try {
      return await syncOnce(deps, options);
    } catch (error) {
      const isLost = error instanceof LostRaceError || helmFailure(error) === "lost-race";
      if (!isLost || attempt === attempts) throw error;
      deps.onNotice(`${errorMessage(error)}: beginning again`);
      // Two syncs that met must not meet again.
      await deps.clock.sleep(attempt * (500 + Math.random() * 1000), deps.signal);
    }
  }
}

async function syncOnce(deps: ReleaseSyncDeps, options: SyncOptions): Promise<SyncReport> {
  const { helm, namespace, clock, signal } = deps;
  const wait = { helm, namespace, clock, signal, onWait: deps.onNotice };
  const state = await readReleaseState(wait, options);
  const { settings, release } = state;
  const { name } = release;
  const chosen = applyNodeRules(await deps.nodes(settings.selector), settings, state.nodes);
  const { entries, leftOut } = chosen;
  const diff = diffNodes(state.nodes, entries);
  const live = state.syncsItself ? await liveConfigMapOf(deps, state) : undefined;
  const report = {
    ...{ release: name, namespace, diff, leftOut, nodes: entries },
    ...(live === undefined ? {} : { configMap: live }),
  };
  const refusal = shrinkRefusal(state.nodes, chosen, settings.maxShrink) ?? sizeRefusal(entries);
  if (refusal !== undefined) throw new Error(refusal);
  const isFailed = release.last !== release.base || release.last.status !== "deployed";
  if (state.listProblem !== undefined) {
    deps.onNotice(
      `The node list of "${name}" (ConfigMap "${state.configMap}") has mistakes and is written anew: ` +
        state.listProblem,
    );
  } else if (isEmptyDiff(diff) && !isFailed) {
    const drift = await driftOf(deps, state);
    if (drift === undefined) {
      return { ...report, action: "none", revision: release.last.revision };
    }
    deps.onNotice(drift);
  }
  if (isFailed) {
    deps.onNotice(
      `Revision ${release.last.revision} of "${name}" is ${release.last.status}: going on from ` +
        `revision ${release.base.revision}`,
    );
  }
  if (options.dryRun) return { ...report, action: "pending", revision: release.last.revision };
  const endWrite = deps.onWrite?.();
  const revision = await upgradeNodes({
    ...{ helm, namespace, state, options, signal },
    nodes: entries,
    description: `nodeping sync: ${diffCounts(diff)}`,
    onWarning: deps.onNotice,
  }).finally(endWrite);
  return { ...report, action: "written", revision };
}

/** Name of the ConfigMap that the sync in the cluster writes, which says why when it has no list. */
async function liveConfigMapOf(deps: ReleaseSyncDeps, state: ReleaseState): Promise<string> {
  const name = `${state.configMap}-live`;
  if ((await deps.listText(name)).kind === "missing") {
    deps.onNotice(
      `ConfigMap "${name}" has no list: see the log of the sync in the cluster; helm upgrade makes ` +
        "the ConfigMap anew where somebody removed it",
    );
  }
  return name;
}

/** What became of the list behind Helm's back, for people; undefined when nothing did. */
async function driftOf(deps: ReleaseSyncDeps, state: ReleaseState): Promise<string | undefined> {
  const { configMap, listText, release } = state;
  const found = await deps.listText(configMap);
  if (found.kind === "missing") return `ConfigMap "${configMap}" has no list: somebody removed it`;
  if (found.kind === "forbidden" || found.text === listText) return undefined;
  return `ConfigMap "${configMap}" has another list than revision ${release.base.revision} of ` +
    `"${release.name}": somebody changed it`;
}

/** What {@linkcode upgradeNodes} needs. */
export interface UpgradeOptions {
  /** Runs Helm. */
  readonly helm: Helm;
  /** Namespace of the release. */
  readonly namespace: string;
  /** The release as it was read; another revision since then loses the race. */
  readonly state: ReleaseState;
  /** The list to install. */
  readonly nodes: readonly NodeEntry[];
  /** Text of the revision, as `helm history` shows it. */
  readonly description: string;
  /** From the command line. */
  readonly options: SyncOptions;
  /** Aborted on Ctrl-C: nothing is begun any more, but what is begun is finished. */
  readonly signal: AbortSignal;
  /** Called with what does not stop the upgrade. */
  readonly onWarning: (message: string) => void;
}

/** The release changed while it was read: begin again. */
export class LostRaceError extends Error {
  /** The class's name, which a bundle shortens. */
  override readonly name = "LostRaceError";
}

/** Upgrades the release to the nodes, with its own chart and values; resolves with the revision. */
export async function upgradeNodes(upgrade: UpgradeOptions): Promise<number> {
  const { chart, chartVersion } = upgrade.options;
  if (chart !== undefined) {
    return await upgradeWith(upgrade, [
      chart,
      ...(chartVersion ? ["--version", chartVersion] : []),
    ]);
  }
  const { release } = upgrade.state;
  const dump = await upgrade.helm.read([
    ...["get", "all", release.name, "--revision", String(release.base.revision)],
    ...["--template", chartTemplate],
  ]);
  return await withTemporaryFiles(
    chartFiles(dump),
    (directory) => upgradeWith(upgrade, [directory]),
  );
}

async function upgradeWith(upgrade: UpgradeOptions, chart: readonly string[]): Promise<number> {
  const { helm, namespace, state, nodes, description, options, signal } = upgrade;
  const { name, last } = state.release;
  const common = ["upgrade", name, ...chart, "--reset-then-reuse-values", "--values", "-"];
  await refuseOtherChanges(upgrade, common);
  const before = await readRelease(helm, name, namespace);
  if (before.last.revision !== last.revision || before.last.status !== last.status) {
    throw new LostRaceError(`Revision ${before.last.revision} of "${name}" was made meanwhile`);
  }
  signal.throwIfAborted();
  const conflicts = options.forceConflicts ? await conflictFlags(upgrade) : [];
  try {
    const values = valuesJson(options.valuesPath, nodes);
    await helm.write(
      [...common, "--description", description, ...historyFlags(options), ...conflicts],
      values,
    );
  } catch (error) {
    throw withRemedy(error, helm);
  }
  return signal.aborted ? last.revision + 1 : await writtenRevision(upgrade);
}

/** Left to Helm, and its HELM_MAX_HISTORY, where nothing is said. */
function historyFlags({ historyMax }: SyncOptions): readonly string[] {
  return historyMax === undefined ? [] : ["--history-max", String(historyMax)];
}

/**
 * Renders the chart with the installed nodes and compares with what is installed: a sync
 * must change nothing but the nodes, whatever became of the chart or of what it looks up.
 */
async function refuseOtherChanges(
  { helm, namespace, state, options }: UpgradeOptions,
  common: readonly string[],
): Promise<void> {
  const values = valuesJson(options.valuesPath, state.nodes);
  const answer = await helm.readJson([...common, "--dry-run=server"], values);
  const rendered = parseManifest((answer as { manifest?: string }).manifest ?? "");
  // Asked for an empty list, the chart looks the nodes up; an invalid one cannot be rendered again.
  const isListExpected = state.nodes.length === 0 || state.listProblem !== undefined;
  const differing = manifestDifferences(state.objects, rendered, namespace)
    .filter((name) => !(isListExpected && name === `ConfigMap ${state.configMap}`));
  if (differing.length === 0) return;
  const which = differing.slice(0, 5).join(", ") + (differing.length > 5 ? ", ..." : "");
  throw new Error(
    `An upgrade would change more than the nodes (${which}): ` +
      (options.chart === undefined
        ? "the chart renders otherwise than at its installation (a post-renderer, random values?); " +
          "give it with --chart"
        : `the chart "${options.chart}" is not the installed one; upgrade with helm first`),
  );
}

/** Helm 4 refuses the flag on a release that it does not apply on the server side; 3 has none. */
async function conflictFlags({ helm, state, onWarning }: UpgradeOptions): Promise<string[]> {
  const { name } = state.release;
  const metadata = helm.major < 4 ? {} : await helm.readJson(["get", "metadata", name]);
  if ((metadata as { applyMethod?: string }).applyMethod === "ssa") return ["--force-conflicts"];
  onWarning(`"${name}" is not applied on the server side: --force-conflicts has nothing to force`);
  return [];
}

function withRemedy(error: unknown, helm: Helm): unknown {
  if (!(error instanceof Error)) return error;
  const failure = helmFailure(error);
  if (failure === "too-large") {
    return new Error(
      "Helm keeps chart, values and manifest of a revision in one Secret of at most 1 MiB, which " +
        "the nodes do not fit into; nothing was changed. Leave them to the sync in the cluster " +
        "(sync.enabled), which keeps them out of the release, or choose fewer with " +
        `nodePing.selector. Helm said: ${error.message}`,
      { cause: error },
    );
  }
  if (failure !== "conflict") return error;
  const remedy = helm.major >= 4
    ? "run once with --force-conflicts to take the fields back, or let their owner give them up"
    : "let their owner give the fields up";
  return new Error(
    `Somebody else changed what Helm owns, and the API server refused to overwrite it; ${remedy}. ` +
      `Helm said: ${error.message}`,
    { cause: error },
  );
}

async function writtenRevision(upgrade: UpgradeOptions): Promise<number> {
  const { helm, namespace, state, description, onWarning } = upgrade;
  const { name, last } = state.release;
  const { revisions } = await readRelease(helm, name, namespace);
  const history = `see helm history ${name} --namespace ${namespace}`;
  const own = revisions.find((one) =>
    one.revision > last.revision && one.description === description
  );
  if (own === undefined || /fail|pending/.test(own.status)) {
    throw new Error(`The upgrade of "${name}" left no deployed revision: ${history}`);
  }
  if (own.revision > last.revision + 1) {
    onWarning(
      `Revision ${own.revision - 1} of "${name}" was made at the same moment, and revision ` +
        `${own.revision} has the chart from before it: ${history}`,
    );
  }
  return own.revision;
}

/** Values with the nodes at the keys and nothing else, as JSON, which is YAML as well. */
export function valuesJson(keys: readonly string[], nodes: readonly NodeEntry[]): string {
  const document = keys.reduceRight<unknown>(
    (inner, key) => ({ [key]: inner }),
    nodes,
  );
  return `${JSON.stringify(document)}\n`;
}
