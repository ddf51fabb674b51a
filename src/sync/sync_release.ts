/** One run of sync on a Helm release. @module */

import type { ClusterNode } from "../kubernetes/cluster_node.ts";
import type { ListText } from "../kubernetes/list_config_map.ts";
import { sizeRefusal } from "../nodes/grouped_nodes.ts";
import type { Clock } from "../shell/clock.ts";
import type { Helm } from "./helm.ts";
import { helmFailure } from "./helm.ts";
import { diffCounts, diffNodes, isEmptyDiff } from "./node_diff.ts";
import { applyNodeRules } from "./node_rules.ts";
import { findRelease } from "./release.ts";
import { readReleaseState } from "./release_state.ts";
import type { ReleaseState } from "./release_state.ts";
import { shrinkRefusal } from "./shrink_guard.ts";
import type { SyncOptions } from "./sync_flags.ts";
import type { SyncReport } from "./sync_report.ts";
import { LostRaceError, upgradeNodes } from "./upgrade.ts";

/** The nodes that carry the labels, as they are now. */
export type NodeSource = (selector: string) => Promise<readonly ClusterNode[]>;

/** What a run needs of the world. */
export interface SyncWorld {
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
  /** Tells a person or a log what goes on. */
  readonly onNotice: (message: string) => void;
  /** Told when the write begins; what it gives back is called at the write's end. */
  readonly onWrite?: () => () => void;
}

const attempts = 5;

/** Brings a release in step; begins again when somebody else changed it meanwhile. */
export async function syncRelease(world: SyncWorld, options: SyncOptions): Promise<SyncReport> {
  for (let attempt = 1;; attempt++) {
    try {
      return await once(world, options);
    } catch (error) {
      const isLost = error instanceof LostRaceError || helmFailure(error) === "lost-race";
      if (!isLost || attempt === attempts) throw error;
      world.onNotice(`${error instanceof Error ? error.message : error}: beginning again`);
      // Two syncs that met must not meet again.
      await world.clock.sleep(attempt * (500 + Math.random() * 1000), world.signal);
    }
  }
}

async function once(world: SyncWorld, options: SyncOptions): Promise<SyncReport> {
  const { helm, namespace, clock, signal } = world;
  const name = options.release ?? await findRelease(helm, namespace);
  const state = await readReleaseState({
    ...{ helm, name, namespace, clock, signal },
    timeoutMs: options.timeoutMs,
    onWait: world.onNotice,
  }, options);
  const { settings, release, inForce } = state;
  const chosen = applyNodeRules(await world.nodes(settings.selector), settings);
  const { entries, leftOut } = chosen;
  const diff = diffNodes(inForce, entries);
  const report = { release: name, namespace, diff, leftOut, nodes: entries };
  if (state.syncsItself) {
    const configMap = `${state.configMap}-live`;
    if ((await world.listText(configMap)).kind === "missing") {
      world.onNotice(
        `ConfigMap "${configMap}" has no list: see the log of the sync in the cluster; helm ` +
          "upgrade makes the ConfigMap anew where somebody removed it",
      );
    }
    return { ...report, action: "in-cluster", configMap };
  }
  const refusal = shrinkRefusal(inForce, chosen, settings.maxShrink) ?? sizeRefusal(entries);
  if (refusal !== undefined) throw new Error(refusal);
  const isFailed = release.last !== release.base || release.last.status !== "deployed";
  if (isEmptyDiff(diff) && !isFailed) {
    const drift = await driftOf(world, state);
    if (drift === undefined) {
      return { ...report, action: "none", revision: release.last.revision };
    }
    world.onNotice(drift);
  }
  if (isFailed) {
    world.onNotice(
      `Revision ${release.last.revision} of "${name}" is ${release.last.status}: going on from ` +
        `revision ${release.base.revision}`,
    );
  }
  if (options.dryRun) return { ...report, action: "pending", revision: release.last.revision };
  const written = world.onWrite?.();
  const revision = await upgradeNodes({
    ...{ helm, namespace, state, options, signal },
    nodes: entries,
    description: `nodeping sync: ${diffCounts(diff)}`,
    onWarning: world.onNotice,
  }).finally(written);
  return { ...report, action: "written", revision };
}

/** What became of the list behind Helm's back, for people; undefined when nothing did. */
async function driftOf(world: SyncWorld, state: ReleaseState): Promise<string | undefined> {
  const { configMap, listText, release } = state;
  const found = await world.listText(configMap);
  if (found.kind === "missing") return `ConfigMap "${configMap}" has no list: somebody removed it`;
  if (found.kind === "forbidden" || found.text === listText) return undefined;
  return `ConfigMap "${configMap}" has another list than revision ${release.base.revision} of ` +
    `"${release.name}": somebody changed it`;
}
