/** A ConfigMap of the cluster that holds a node list: its path, its key and its text. @module */

import type { V1ConfigMap } from "@kubernetes/client-node";
import { ApiError } from "./api.ts";
import type { KubernetesApi } from "./api.ts";

/** The key of the list, and the name of the file that agents see. */
export const listKey = "nodes.json";

/** The text of the list as it is now: it, that it or its ConfigMap is missing, or that nobody may say. */
export type ListText =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "missing" }
  | { readonly kind: "forbidden" };

/** The path of the ConfigMap of that name in the client's namespace. */
export function configMapPath({ namespace }: KubernetesApi, name: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps/` +
    encodeURIComponent(name);
}

/** Reads the list's text; throws ApiError when neither that nor its absence can be told. */
export async function readListText(
  api: KubernetesApi,
  name: string,
  signal: AbortSignal,
): Promise<ListText> {
  try {
    const { data } = await api.json(configMapPath(api, name), { signal }) as V1ConfigMap;
    const text = data?.[listKey];
    return text === undefined ? { kind: "missing" } : { kind: "text", text };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 404) return { kind: "missing" };
    if (error.reason === "Forbidden") return { kind: "forbidden" };
    throw error;
  }
}
