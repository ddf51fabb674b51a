import assert from "node:assert/strict";
import { helmOverrides } from "./helm_variables.ts";

Deno.test("helmOverrides() reads every flag that Helm hands on", () => {
  const env: Readonly<Record<string, string>> = {
    HELM_KUBECONTEXT: "prod",
    HELM_KUBEAPISERVER: "https://api.example:6443/",
    HELM_KUBETOKEN: "secret",
    HELM_KUBEASUSER: "jane",
    HELM_KUBEASGROUPS: "dev,,ops",
    HELM_KUBECAFILE: "/ca.crt",
    HELM_KUBEINSECURE_SKIP_TLS_VERIFY: "true",
    HELM_KUBETLS_SERVER_NAME: "api.internal",
    HELM_NAMESPACE: "monitoring",
  };
  assert.deepEqual(helmOverrides((name) => env[name]), {
    context: "prod",
    server: "https://api.example:6443",
    token: "secret",
    asUser: "jane",
    asGroups: ["dev", "ops"],
    caFile: "/ca.crt",
    insecure: true,
    tlsServerName: "api.internal",
    namespace: "monitoring",
  });
});

Deno.test("helmOverrides() overrides nothing where Helm's variables are empty or absent", () => {
  const nothing = {
    ...{ context: undefined, server: undefined, token: undefined, asUser: undefined },
    ...{ asGroups: [], caFile: undefined, insecure: false, tlsServerName: undefined },
    namespace: undefined,
  };
  assert.deepEqual(helmOverrides(() => ""), nothing);
  assert.deepEqual(helmOverrides(() => undefined), nothing);
  assert.equal(helmOverrides(() => "false").insecure, false);
});
