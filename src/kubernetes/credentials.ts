/** Which API server is talked to, and as whom: kubeconfig with Helm's variables, or the pod's service account. @module */

import { ConnectionError } from "./endpoint.ts";
import type { Connection, ReadEnv } from "./endpoint.ts";
import { helmOverrides } from "./helm_variables.ts";
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

/** Where a kubelet mounts the service account. */
const serviceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Whether the environment is that of a pod. */
export function isInCluster(env: ReadEnv): boolean {
  return Boolean(env("KUBERNETES_SERVICE_HOST"));
}

/**
 * Connects with the pod's service account. The token is read for every request, since the kubelet
 * replaces it within its lifetime (an hour by default). Reads nothing but the mount.
 */
export async function connectInCluster(
  env: ReadEnv,
  directory: string = serviceAccountDirectory,
): Promise<Connection> {
  const host = env("KUBERNETES_SERVICE_HOST");
  if (!host) throw new ConnectionError("Not in a cluster: KUBERNETES_SERVICE_HOST is not set");
  const port = env("KUBERNETES_SERVICE_PORT") || "443";
  const server = `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
  const read = async (name: string): Promise<string> => {
    try {
      return (await Deno.readTextFile(`${directory}/${name}`)).trim();
    } catch (cause) {
      throw new ConnectionError(
        `Cannot read "${directory}/${name}": set automountServiceAccountToken on the pod`,
        { cause },
      );
    }
  };
  return {
    namespace: await read("namespace"),
    endpoint: async () => ({
      server,
      ca: await read("ca.crt"),
      headers: [["Authorization", `Bearer ${await read("token")}`]],
      insecure: false,
    }),
  };
}
