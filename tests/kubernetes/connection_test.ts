import assert from "node:assert/strict";
import { makeApi } from "../../src/kubernetes/client.ts";
import { connectDeps } from "../fakes/deps.ts";
import { connect, connectInCluster } from "../../src/kubernetes/credentials.ts";
import { kubeconfigText } from "./api_server.ts";
import type { ApiServer } from "./api_server.ts";
import { apiServerTest } from "./api_server_test_case.ts";

type Env = Readonly<Record<string, string>>;

/** Who the API server takes us for, and the namespace. */
async function whoAmI(env: Env): Promise<{ name: string; groups: string[]; namespace: string }> {
  const connection = await connect(connectDeps(env));
  return { ...await review(connection), namespace: connection.namespace };
}

async function review(
  connection: Awaited<ReturnType<typeof connect>>,
): Promise<{ name: string; groups: string[] }> {
  using api = makeApi(connection);
  const answer = await api.json("/apis/authentication.k8s.io/v1/selfsubjectreviews", {
    method: "POST",
    contentType: "application/json",
    body: JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" }),
    signal: AbortSignal.timeout(20_000),
  }) as { status: { userInfo: { username: string; groups: string[] } } };
  const { username, groups } = answer.status.userInfo;
  return { name: username, groups };
}

apiServerTest("connect() on a real API server", async (t, server) => {
  const directory = await Deno.makeTempDir();
  const write = async (name: string, text: string): Promise<string> => {
    await Deno.writeTextFile(`${directory}/${name}`, text);
    return `${directory}/${name}`;
  };
  try {
    for (const [name, step] of Object.entries(steps)) {
      await t.step(name, () => step({ server, write, base: { KUBECONFIG: server.kubeconfig } }));
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

interface Fixture {
  readonly server: ApiServer;
  readonly write: (name: string, text: string) => Promise<string>;
  readonly base: Env;
}

const steps: Readonly<Record<string, (fixture: Fixture) => Promise<void>>> = {
  "KUBECONFIG names one file": async ({ base }) => {
    const { name, namespace } = await whoAmI(base);
    assert.deepEqual([name, namespace], ["admin", "default"]);
  },

  "KUBECONFIG is a list: the first file wins, missing ones are passed over": async (fixture) => {
    const { server, write } = fixture;
    const ca = `${server.directory}/ca.crt`;
    const bob = await write(
      "bob",
      kubeconfigText({ server: server.url, ca, user: { token: "bob-token" }, namespace: "bobs" }),
    );
    const list = (...files: string[]) => ({ KUBECONFIG: files.join(":") });
    assert.equal((await whoAmI(list(bob, server.kubeconfig))).name, "bob");
    assert.equal((await whoAmI(list("/nonexistent", server.kubeconfig, bob))).name, "admin");
    assert.equal((await whoAmI(list(bob))).namespace, "bobs");
  },

  "a context of the second file may use a user of the first": async ({ server, write }) => {
    const users = await write(
      "users",
      JSON.stringify({
        users: [{ name: "u", user: { token: "bob-token" } }],
      }),
    );
    const rest = await write(
      "rest",
      JSON.stringify({
        clusters: [{
          name: "c",
          cluster: { server: server.url, "certificate-authority": `${server.directory}/ca.crt` },
        }],
        contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
        "current-context": "x",
      }),
    );
    assert.equal((await whoAmI({ KUBECONFIG: `${users}:${rest}` })).name, "bob");
  },

  "HELM_KUBECONTEXT chooses the context, and an unknown one is named": async (fixture) => {
    const { server, write } = fixture;
    const ca = `${server.directory}/ca.crt`;
    const bob = await write(
      "context",
      kubeconfigText({ server: server.url, ca, user: { token: "bob-token" }, name: "of-bob" }),
    );
    const env = { KUBECONFIG: `${server.kubeconfig}:${bob}` };
    assert.equal((await whoAmI({ ...env, HELM_KUBECONTEXT: "of-bob" })).name, "bob");
    await assert.rejects(
      whoAmI({ ...env, HELM_KUBECONTEXT: "nobody" }),
      /no context "nobody" \(there are: "test", "of-bob"\)/,
    );
  },

  "HELM_KUBEAPISERVER, HELM_KUBETOKEN and HELM_KUBECAFILE need no kubeconfig": async (fixture) => {
    const { server } = fixture;
    const env = {
      HOME: "/nonexistent",
      HELM_KUBEAPISERVER: server.url,
      HELM_KUBETOKEN: "bob-token",
      HELM_KUBECAFILE: `${server.directory}/ca.crt`,
      HELM_NAMESPACE: "here",
    };
    const { name, namespace } = await whoAmI(env);
    assert.deepEqual([name, namespace], ["bob", "here"]);
  },

  "HELM_KUBEAPISERVER wins over the kubeconfig's server": async ({ server, write }) => {
    const elsewhere = await write(
      "elsewhere",
      kubeconfigText({
        server: "https://127.0.0.1:1",
        ca: `${server.directory}/ca.crt`,
        user: { token: "admin-token" },
      }),
    );
    await assert.rejects(whoAmI({ KUBECONFIG: elsewhere }), /Cannot reach the API server/);
    const env = { KUBECONFIG: elsewhere, HELM_KUBEAPISERVER: server.url };
    assert.equal((await whoAmI(env)).name, "admin");
  },

  "HELM_KUBETOKEN wins over the kubeconfig's user": async ({ base }) => {
    assert.equal((await whoAmI({ ...base, HELM_KUBETOKEN: "bob-token" })).name, "bob");
  },

  "HELM_KUBEASUSER and HELM_KUBEASGROUPS impersonate, with several groups": async ({ base }) => {
    const env = { ...base, HELM_KUBEASUSER: "carol" };
    assert.equal((await whoAmI(env)).name, "carol");
    const { name, groups } = await whoAmI({ ...env, HELM_KUBEASGROUPS: "red,blue" });
    assert.deepEqual([name, groups.filter((group) => !group.startsWith("system:")).sort()], [
      "carol",
      ["blue", "red"],
    ]);
    const one = await whoAmI({ ...env, HELM_KUBEASGROUPS: "red" });
    assert.ok(one.groups.includes("red"));
  },

  "HELM_KUBECAFILE is what the certificate is checked against": async ({ server, write }) => {
    const bare = await write(
      "bare",
      kubeconfigText({ server: server.url, user: { token: "admin-token" } }),
    );
    await assert.rejects(whoAmI({ KUBECONFIG: bare }), /certificate|UnknownIssuer/);
    const env = { KUBECONFIG: bare, HELM_KUBECAFILE: `${server.directory}/ca.crt` };
    assert.equal((await whoAmI(env)).name, "admin");
  },

  "HELM_KUBEINSECURE_SKIP_TLS_VERIFY checks no certificate": async ({ server, write }) => {
    const bare = await write(
      "insecure",
      kubeconfigText({ server: server.url, user: { token: "admin-token" } }),
    );
    const env = { KUBECONFIG: bare, HELM_KUBEINSECURE_SKIP_TLS_VERIFY: "true" };
    assert.equal((await whoAmI(env)).name, "admin");
    await assert.rejects(whoAmI({ ...env, HELM_KUBEINSECURE_SKIP_TLS_VERIFY: "false" }));
  },

  "HELM_KUBETLS_SERVER_NAME is the name that the certificate must carry": async ({ base }) => {
    const named = { ...base, HELM_KUBETLS_SERVER_NAME: "api.nodeping.test" };
    assert.equal((await whoAmI(named)).name, "admin");
    const wrong = { ...base, HELM_KUBETLS_SERVER_NAME: "wrong.nodeping.test" };
    await assert.rejects(whoAmI(wrong), /wrong\.nodeping\.test/);
  },

  "a client certificate identifies, checked or not": async ({ server, write }) => {
    const [cert, key] = ["client.crt", "client.key"].map((name) => `${server.directory}/${name}`);
    const file = await write(
      "certificate",
      kubeconfigText({
        server: server.url,
        ca: `${server.directory}/ca.crt`,
        user: { "client-certificate": cert, "client-key": key },
      }),
    );
    assert.equal((await whoAmI({ KUBECONFIG: file })).name, "alice");
    const named = { KUBECONFIG: file, HELM_KUBETLS_SERVER_NAME: "api.nodeping.test" };
    assert.equal((await whoAmI(named)).name, "alice");
    const insecure = { KUBECONFIG: file, HELM_KUBEINSECURE_SKIP_TLS_VERIFY: "true" };
    assert.equal((await whoAmI(insecure)).name, "alice");
  },

  "an exec plugin beside the kubeconfig gives the token, and its failure is reported": async (
    fixture,
  ) => {
    const { server, write } = fixture;
    const credential = {
      apiVersion: "client.authentication.k8s.io/v1",
      kind: "ExecCredential",
      status: { token: "bob-token" },
    };
    const plugin = await write(
      "plugin.sh",
      `#!/bin/sh\n[ -n "$KUBERNETES_EXEC_INFO" ] || exit 9\n` +
        `[ "$1" = fail ] && { echo "login first" >&2; exit 1; }\n` +
        `echo '${JSON.stringify(credential)}'\n`,
    );
    await Deno.chmod(plugin, 0o755);
    const withPlugin = (args: string[]) =>
      kubeconfigText({
        server: server.url,
        ca: `${server.directory}/ca.crt`,
        user: {
          exec: {
            ...{ apiVersion: "client.authentication.k8s.io/v1", interactiveMode: "Never" },
            ...{ command: "./plugin.sh", args },
          },
        },
      });
    assert.equal((await whoAmI({ KUBECONFIG: await write("exec", withPlugin([])) })).name, "bob");
    const failing = await write("exec-fail", withPlugin(["fail"]));
    await assert.rejects(
      whoAmI({ KUBECONFIG: failing }),
      /plugin "\/.*\/plugin\.sh" ended with exit code 1: login first/,
    );
  },

  "a rotated token is read again when the old one is refused": async ({ server, write }) => {
    const token = await write("token", "old-and-refused\n");
    const file = await write(
      "token-file",
      kubeconfigText({
        server: server.url,
        ca: `${server.directory}/ca.crt`,
        user: { tokenFile: "token" },
      }),
    );
    const connection = await connect(connectDeps({ KUBECONFIG: file }));
    await assert.rejects(review(connection), /answered 401/);
    await Deno.writeTextFile(token, "admin-token\n");
    assert.equal((await review(connection)).name, "admin");
  },

  "a service account's mount connects, and its token is read for each request": async (fixture) => {
    const { server, write } = fixture;
    await Deno.copyFile(`${server.directory}/ca.crt`, await write("ca.crt", ""));
    await write("namespace", "monitoring");
    const token = await write("token", "bob-token");
    const { hostname, port } = new URL(server.url);
    const env: Env = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
    const connection = await connectInCluster((name) => env[name], token.replace(/\/token$/, ""));
    assert.equal(connection.namespace, "monitoring");
    assert.equal((await review(connection)).name, "bob");
    await Deno.writeTextFile(token, "admin-token\n");
    assert.equal((await review(connection)).name, "admin");
  },

  "no kubeconfig at all says what to set": async () => {
    await assert.rejects(whoAmI({ HOME: "/nonexistent" }), /No cluster to talk to.*set KUBECONFIG/);
  },
};
