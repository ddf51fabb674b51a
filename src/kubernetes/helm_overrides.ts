/** Where Helm's flags point: the HELM_KUBE* variables that Helm hands to its plugins. @module */

import type { ReadEnv } from "./connection.ts";

/** Flags of Helm that win over the kubeconfig. */
export interface HelmOverrides {
  readonly context: string | undefined;
  readonly server: string | undefined;
  readonly token: string | undefined;
  readonly asUser: string | undefined;
  readonly asGroups: readonly string[];
  readonly caFile: string | undefined;
  readonly insecure: boolean;
  readonly tlsServerName: string | undefined;
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
