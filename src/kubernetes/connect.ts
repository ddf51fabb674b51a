/** Picks the way to the cluster. @module */

import type { Connection, ReadEnv } from "./connection.ts";
import { connectInCluster, isInCluster } from "./in_cluster.ts";
import { helmOverrides } from "./helm_overrides.ts";
import { readKubeconfig } from "./kubeconfig_files.ts";

/**
 * Connects to the cluster that Helm would talk to: kubeconfig and Helm's variables, or, where
 * there are neither and this is a pod, the pod's service account.
 */
export async function connect(env: ReadEnv): Promise<Connection> {
  const isPointed = helmOverrides(env).server !== undefined || Boolean(env("KUBECONFIG"));
  if (!isPointed && isInCluster(env) && await readKubeconfig(env) === undefined) {
    const connection = await connectInCluster(env);
    return { ...connection, namespace: helmOverrides(env).namespace ?? connection.namespace };
  }
  // Loaded only here: it weighs tens of megabytes, which the in-cluster sync need not carry.
  const { connectByKubeconfig } = await import("./kubeconfig.ts");
  return await connectByKubeconfig(env);
}
