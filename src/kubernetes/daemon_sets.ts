/** Finds nodeping's DaemonSets, for the case that no Helm release made them. @module */

import type { V1DaemonSetList } from "@kubernetes/client-node";
import type { KubernetesApi } from "./api.ts";

/** A DaemonSet of the chart. */
export interface FoundDaemonSet {
  /** metadata.name. */
  readonly name: string;
  /** The Argo CD application that its tracking label or annotation names. */
  readonly argoApplication?: string;
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
    return {
      name: metadata?.name ?? "",
      ...(application ? { argoApplication: application } : {}),
    };
  });
}
