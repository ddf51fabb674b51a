/** The variables by which Helm hands its flags on to a plugin. @module */

import type { ReadEnv } from "./endpoint.ts";

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
