/** Why there is no release, where something else put nodeping there. @module */

import type { KubernetesApi } from "../kubernetes/api.ts";
import { nodepingDaemonSets } from "../kubernetes/daemon_sets.ts";
import type { NoReleaseError } from "./release.ts";

/** The error's message, and what to do where another release, Argo CD or `helm template` made it. */
export async function explainNoRelease(
  error: NoReleaseError,
  api: KubernetesApi,
  signal: AbortSignal,
): Promise<string> {
  // Who may not list DaemonSets is told no less than before.
  const all = await nodepingDaemonSets(api, signal).catch(() => []);
  const found = all.find(({ helmRelease }) => helmRelease === undefined);
  if (found === undefined) {
    const [only, ...others] = all;
    return only === undefined || others.length > 0 ? error.message : error.message +
      `; the DaemonSet "${only.name}" there is of release "${only.helmRelease}"`;
  }
  const owner = found.argoApplication === undefined
    ? "was not made by a Helm release (Argo CD and `helm template` leave none)"
    : `belongs to the Argo CD application "${found.argoApplication}"`;
  return `${error.message}, but the DaemonSet "${found.name}" there ${owner}: write the nodes with ` +
    "--values-file into its repository, or set sync.enabled in its values, so that a sync in the " +
    "cluster keeps them";
}
