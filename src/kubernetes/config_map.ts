/** The ConfigMaps that hold a node list: that of the release, and the live one whose data is the sync's. @module */

import type { V1ConfigMap } from "@kubernetes/client-node";
import { ApiError } from "./client.ts";
import type { KubernetesApi } from "./client.ts";

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

/** Reads the list's text; throws ApiError when neither that nor its absence is certain. */
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

const fieldManager = "nodeping-sync";

/** What {@linkcode LiveConfigMap.read} found. */
export interface LiveData {
  /** Text of nodes.json; undefined when there is none yet. */
  readonly text: string | undefined;
  /** What a write must still find, so that it overwrites nobody's change. */
  readonly resourceVersion: string;
  /** True when the chart says that the in-cluster sync is switched off: nothing may be written. */
  readonly isSwitchedOff: boolean;
}

/** Reads and writes one key of one ConfigMap. */
export interface LiveConfigMap {
  /** Throws when there is no such ConfigMap. */
  readonly read: (signal: AbortSignal) => Promise<LiveData>;
  /** Writes over what was read; throws when somebody changed it since. */
  readonly write: (text: string, read: LiveData, signal: AbortSignal) => Promise<void>;
}

/** Set by the chart on this ConfigMap alone: "true" or "false" as sync.enabled. */
export const syncEnabledAnnotation = "nodeping/sync-enabled";

/** Works on the ConfigMap of that name in the client's namespace. */
export function liveConfigMap(api: KubernetesApi, name: string): LiveConfigMap {
  const path = configMapPath(api, name);
  const patch = async (contentType: string, body: unknown, signal: AbortSignal) =>
    await api.json(path, {
      ...{ method: "PATCH", query: { fieldManager }, contentType, signal },
      body: JSON.stringify(body),
    }) as V1ConfigMap;
  return {
    read: async (signal) => {
      try {
        const { data, metadata } = await api.json(path, { signal }) as V1ConfigMap;
        return {
          text: data?.[listKey],
          resourceVersion: metadata?.resourceVersion ?? "",
          isSwitchedOff: metadata?.annotations?.[syncEnabledAnnotation] === "false",
        };
      } catch (error) {
        if (!(error instanceof ApiError && error.status === 404)) throw error;
        throw new Error(
          `There is no ConfigMap "${name}" in namespace "${api.namespace}": the chart renders it`,
          { cause: error },
        );
      }
    },
    write: async (text, { resourceVersion }, signal) => {
      const change = { metadata: { resourceVersion }, data: { [listKey]: text } };
      const written = await patch("application/merge-patch+json", change, signal);
      await releaseOwnership(written, (body) => patch("application/json-patch+json", body, signal));
    },
  };
}

/**
 * Gives up the ownership of the field just written. Helm 4 applies on the server side, where the
 * chart could not empty the key at the end of the in-cluster sync while another manager owns it.
 */
async function releaseOwnership(
  { metadata }: V1ConfigMap,
  patch: (body: unknown) => Promise<unknown>,
): Promise<void> {
  const index = metadata?.managedFields?.findIndex(({ manager }) => manager === fieldManager) ?? -1;
  if (index < 0) return;
  try {
    await patch([
      { op: "test", path: `/metadata/managedFields/${index}/manager`, value: fieldManager },
      { op: "remove", path: `/metadata/managedFields/${index}` },
    ]);
  } catch (error) {
    // Somebody wrote in between; the next write of ours takes the entry away.
    if (!(error instanceof ApiError && [409, 422].includes(error.status))) throw error;
  }
}
