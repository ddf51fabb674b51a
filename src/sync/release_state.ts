/** Everything that one look at a release tells. @module */

import type { NodeEntry } from "../nodes/node_list.ts";
import { fluxOwner, listInForce } from "./manifest.ts";
import { waitUntilSettled } from "./release.ts";
import type { Release, WaitOptions } from "./release.ts";
import type { SyncOptions } from "./sync_flags.ts";
import { settleSettings } from "./sync_settings.ts";
import type { SyncSettings } from "./sync_settings.ts";
import { valueAt } from "./values_document.ts";

/** A release, settled, with what it has in force. */
export interface ReleaseState {
  /** The release, and its newest revision. */
  readonly release: Release;
  /** What is rendered at that revision. */
  readonly manifest: string;
  /** The node list in the rendered ConfigMap. */
  readonly inForce: readonly NodeEntry[];
  /** The text of that list. */
  readonly listText: string;
  /** Name of the ConfigMap with the list in force. */
  readonly configMap: string;
  /** From the release's values. */
  readonly settings: SyncSettings;
  /** True when the release runs its own sync in the cluster. */
  readonly syncsItself: boolean;
}

/** Reads a release once nothing is under way on it; refuses one that Flux owns. */
export async function readReleaseState(
  wait: WaitOptions,
  options: SyncOptions,
): Promise<ReleaseState> {
  const { helm } = wait;
  const release = await waitUntilSettled(wait);
  const of = [release.name, "--revision", String(release.base.revision)];
  const manifest = await helm.read(["get", "manifest", ...of]);
  const flux = fluxOwner(manifest);
  if (flux !== undefined) {
    throw new Error(
      `The release "${release.name}" belongs to the Flux HelmRelease ${flux}, which would undo a ` +
        "revision of sync: write the nodes with --values-file into its repository, or set " +
        "sync.enabled in its values",
    );
  }
  const values = await helm.readJson(["get", "values", ...of, "--all"]);
  const { list, configMap, text } = listInForce(manifest);
  const chartKeys = options.valuesPath.slice(0, -2);
  return {
    release,
    manifest,
    inForce: list.nodes,
    listText: text,
    configMap,
    settings: settleSettings(options, valueAt(values, options.valuesPath.slice(0, -1))),
    syncsItself: valueAt(values, [...chartKeys, "sync", "enabled"]) === true,
  };
}
