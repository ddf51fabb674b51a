import assert from "node:assert/strict";
import { connectInCluster, helmOverrides } from "./credentials.ts";

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

Deno.test("connectInCluster() reads the mount, without the line feeds that files end with", async () => {
  const directory = await Deno.makeTempDir();
  try {
    for (const [name, text] of [["namespace", "np"], ["ca.crt", "ca"], ["token", "first"]]) {
      await Deno.writeTextFile(`${directory}/${name}`, `${text}\n`);
    }
    const env: Readonly<Record<string, string>> = { KUBERNETES_SERVICE_HOST: "fd00::1" };
    const connection = await connectInCluster((name) => env[name], directory);
    assert.equal(connection.namespace, "np");
    await Deno.writeTextFile(`${directory}/token`, "second\n");
    assert.deepEqual(await connection.endpoint(), {
      server: "https://[fd00::1]:443",
      ca: "ca",
      headers: [["Authorization", "Bearer second"]],
      insecure: false,
    });
    const four: Readonly<Record<string, string>> = {
      KUBERNETES_SERVICE_HOST: "10.96.0.1",
      KUBERNETES_SERVICE_PORT: "6443",
    };
    const { server } = await (await connectInCluster((name) => four[name], directory)).endpoint();
    assert.equal(server, "https://10.96.0.1:6443");
    await Deno.remove(`${directory}/token`);
    await assert.rejects(connection.endpoint(), /Cannot read ".*\/token": set automount/);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
