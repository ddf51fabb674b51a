/** Finds nodeping's DaemonSets, for the case that the Helm release of a name is not there. @module */

import type { V1DaemonSetList } from "@kubernetes/client-node";
import type { KubernetesApi } from "./api.ts";

/** A DaemonSet of the chart. */
export interface FoundDaemonSet {
  /** metadata.name. */
  readonly name: string;
  /** The Argo CD application that its tracking label or annotation names. */
  readonly argoApplication?: string;
  /** The Helm release that owns it. */
  readonly helmRelease?: string;
}

/** Lists the chart's DaemonSets in the client's namespace. */
export async function nodepingDaemonSets(
  api: KubernetesApi,
  signal: AbortSignal,
): Promise<FoundDaemonSet[]> {
  const path = `/apis/apps/v1/namespaces/${encodeURIComponent(api.namespace)}/daemonsets`;
  const query = { labelSelector: "app.kubernetes.io/name=nodeping" };
  const { items } = await api.json(path, { query, signal }) as V1DaemonSetList;
  return items.map(({ metadata }) => {
    const tracking = metadata?.annotations?.["argocd.argoproj.io/tracking-id"];
    const application = metadata?.labels?.["argocd.argoproj.io/instance"] ??
      tracking?.split(":")[0];
    const release = metadata?.annotations?.["meta.helm.sh/release-name"];
    return {
      name: metadata?.name ?? "",
      ...(release ? { helmRelease: release } : {}),
      ...(application ? { argoApplication: application } : {}),
    };
  });
}
