/** The text of nodes.json that a ConfigMap in the cluster has. @module */

import type { V1ConfigMap } from "@kubernetes/client-node";
import { ApiError } from "./api.ts";
import type { KubernetesApi } from "./api.ts";

/** A ConfigMap as it is now: its text, that it or its key is missing, or that nobody may say. */
export type NodeListText =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "missing" }
  | { readonly kind: "forbidden" };

/** Reads the ConfigMap of that name in the client's namespace. */
export async function nodeListText(
  api: KubernetesApi,
  name: string,
  signal: AbortSignal,
): Promise<NodeListText> {
  const path = `/api/v1/namespaces/${encodeURIComponent(api.namespace)}/configmaps/` +
    encodeURIComponent(name);
  try {
    const { data } = await api.json(path, { signal }) as V1ConfigMap;
    const text = data?.["nodes.json"];
    return text === undefined ? { kind: "missing" } : { kind: "text", text };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 404) return { kind: "missing" };
    if (error.reason === "Forbidden") return { kind: "forbidden" };
    throw error;
  }
}
