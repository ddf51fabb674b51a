/** Which API server is talked to, and as whom: kubeconfig with Helm's variables, or the pod's service account. @module */

import { readKubeconfig } from "./kubeconfig_files.ts";

/** Everything that one request needs to know of the API server. */
export interface Endpoint {
  /** Base URL without a slash at its end. */
  readonly server: string;
  /** Authorization and impersonation; a name may stand more than once. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** PEM text of the certificate authority; the system's authorities when absent. */
  readonly ca?: string;
  /** PEM texts of the client certificate and its key. */
  readonly clientCertificate?: { readonly cert: string; readonly key: string };
  /** Name that the server's certificate must carry, where it is not the URL's host. */
  readonly tlsServerName?: string;
  /** True when the server's certificate is not checked. */
  readonly insecure: boolean;
}

/** A cluster, as Helm was pointed at it. */
export interface Connection {
  /** Namespace to work in. */
  readonly namespace: string;
  /** Credentials of now; with `renew` they are read anew, since the last ones were refused. */
  readonly endpoint: (renew?: boolean) => Promise<Endpoint>;
}

/** Reads a variable of the environment. */
export type ReadEnv = (name: string) => string | undefined;

/** No cluster can be talked to as the environment stands; the message says what to set. */
export class ConnectionError extends Error {
  /** The class's name, which a bundle shortens. */
  override readonly name = "ConnectionError";
}

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

/** Flags of Helm that win over the kubeconfig. */
export interface HelmOverrides {
  /** --kube-context: name of a context of the kubeconfig. */
  readonly context: string | undefined;
  /** --kube-apiserver: URL. */
  readonly server: string | undefined;
  /** --kube-token. */
  readonly token: string | undefined;
  /** --kube-as-user. */
  readonly asUser: string | undefined;
  /** --kube-as-group, each. */
  readonly asGroups: readonly string[];
  /** --kube-ca-file: path. */
  readonly caFile: string | undefined;
  /** --kube-insecure-skip-tls-verify. */
  readonly insecure: boolean;
  /** --kube-tls-server-name. */
  readonly tlsServerName: string | undefined;
  /** --namespace. */
  readonly namespace: string | undefined;
}

/** Reads what `helm --kube-context ... nodeping` became in the environment (Helm 3 and 4). */
export function helmOverrides(env: ReadEnv): HelmOverrides {
  const text = (name: string) => env(name) || undefined;
  return {
    context: text("HELM_KUBECONTEXT"),
    server: text("HELM_KUBEAPISERVER")?.replace(/\/+$/, ""),
    token: text("HELM_KUBETOKEN"),
    asUser: text("HELM_KUBEASUSER"),
    asGroups: (env("HELM_KUBEASGROUPS") ?? "").split(",").filter((group) => group !== ""),
    caFile: text("HELM_KUBECAFILE"),
    insecure: /^(1|t|true)$/i.test(env("HELM_KUBEINSECURE_SKIP_TLS_VERIFY") ?? ""),
    tlsServerName: text("HELM_KUBETLS_SERVER_NAME"),
    namespace: text("HELM_NAMESPACE"),
  };
}
