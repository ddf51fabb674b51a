import assert from "node:assert/strict";
import type { Connection, Endpoint } from "./endpoint.ts";
import { connectByKubeconfig } from "./kubeconfig.ts";

type Env = Readonly<Record<string, string>>;
type Fields = Readonly<Record<string, unknown>>;

/** A kubeconfig of one context, "one", whose cluster and user have these fields. */
function kubeconfig(cluster: Fields, user: Fields = {}, changes: Fields = {}): string {
  return JSON.stringify({
    clusters: [{ name: "c", cluster: { server: "https://api.example:6443", ...cluster } }],
    users: [{ name: "u", user }],
    contexts: [{ name: "one", context: { cluster: "c", user: "u", namespace: "np" } }],
    "current-context": "one",
    ...changes,
  });
}

/** Connects by files with these texts, in this order. */
async function connected<T>(
  texts: readonly string[],
  env: Env,
  use: (connection: Connection, directory: string) => Promise<T>,
): Promise<T> {
  const directory = await Deno.makeTempDir();
  try {
    const files = texts.map((_, index) => `${directory}/config-${index}`);
    for (const [index, file] of files.entries()) await Deno.writeTextFile(file, texts[index] ?? "");
    const all: Env = { KUBECONFIG: files.join(":"), ...env };
    return await use(await connectByKubeconfig((name) => all[name]), directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function endpoint(text: string, env: Env = {}): Promise<Endpoint> {
  return await connected([text], env, async (connection) => await connection.endpoint());
}

Deno.test("connectByKubeconfig() takes server, namespace and token of the current context", async () => {
  await connected([kubeconfig({}, { token: "t" })], {}, async (connection) => {
    assert.equal(connection.namespace, "np");
    assert.deepEqual(await connection.endpoint(), {
      server: "https://api.example:6443",
      headers: [["Authorization", "Bearer t"]],
      insecure: false,
    });
  });
});

Deno.test("connectByKubeconfig() authenticates by name and password", async () => {
  const { headers } = await endpoint(kubeconfig({}, { username: "jane", password: "p:w" }));
  assert.deepEqual(headers, [["Authorization", `Basic ${btoa("jane:p:w")}`]]);
});

Deno.test("connectByKubeconfig() verifies nothing over plain HTTP, and everything else", async () => {
  const plain = { server: "http://localhost:8001/", "certificate-authority-data": btoa("ca") };
  const { insecure, ca, server } = await endpoint(kubeconfig(plain));
  assert.deepEqual([insecure, ca, server], [true, undefined, "http://localhost:8001"]);
  const named = { server: "https://http:6443", "certificate-authority-data": btoa("ca") };
  const verified = await endpoint(kubeconfig(named));
  assert.deepEqual([verified.insecure, verified.ca], [false, "ca"]);
});

Deno.test("connectByKubeconfig() reads files that stand beside the kubeconfig", async () => {
  const user = { tokenFile: "token", "client-certificate": "cert", "client-key": "key" };
  const text = kubeconfig({ "certificate-authority": "ca.crt" }, user);
  await connected([text], {}, async (connection, directory) => {
    await Deno.writeTextFile(`${directory}/token`, "from-file\n");
    for (const name of ["ca.crt", "cert", "key"]) {
      await Deno.writeTextFile(`${directory}/${name}`, `the ${name}`);
    }
    const { headers, ca, clientCertificate } = await connection.endpoint();
    assert.deepEqual(headers, [["Authorization", "Bearer from-file"]]);
    assert.equal(ca, "the ca.crt");
    assert.deepEqual(clientCertificate, { cert: "the cert", key: "the key" });
  });
});

Deno.test("connectByKubeconfig() lets Helm's flags win", async () => {
  const user = { username: "jane", password: "x", "as-groups": ["dev"] };
  const { server, headers, tlsServerName } = await endpoint(kubeconfig({}, user), {
    HELM_KUBEAPISERVER: "https://other.example/",
    HELM_KUBETOKEN: "flag",
    HELM_KUBEASGROUPS: "ops,net",
    HELM_KUBETLS_SERVER_NAME: "inner",
  });
  assert.deepEqual([server, tlsServerName], ["https://other.example", "inner"]);
  assert.deepEqual(headers, [
    ["Authorization", "Bearer flag"],
    ["Impersonate-Group", "ops"],
    ["Impersonate-Group", "net"],
  ]);
});

Deno.test("connectByKubeconfig() takes the first file that names something", async () => {
  const texts = [
    kubeconfig({ server: "https://first" }, { token: "1" }),
    kubeconfig({ server: "https://second" }, { token: "2" }, { "current-context": "two" }),
  ];
  await connected(texts, {}, async (connection) => {
    const { server, headers } = await connection.endpoint();
    assert.deepEqual([server, headers], ["https://first", [["Authorization", "Bearer 1"]]]);
  });
});

Deno.test("connectByKubeconfig() says what is missing in a kubeconfig", async () => {
  const cases: readonly (readonly [string, Env, RegExp])[] = [
    [kubeconfig({}, {}, { clusters: [] }), {}, /The context "one" names no cluster/],
    [kubeconfig({}), { HELM_KUBECONTEXT: "x" }, /has no context "x" \(there are: "one"\)/],
    [kubeconfig({}, {}, { "current-context": "" }), {}, /has no current context: .*"one"/],
    [kubeconfig({ "proxy-url": "http://p" }), {}, /proxy-url "http:\/\/p" is not supported/],
    ["{", {}, /Cannot read the kubeconfig .* as YAML/],
    ["", { KUBECONFIG: "/none" }, /No cluster to talk to: no file of KUBECONFIG="\/none" exists/],
  ];
  for (const [text, env, message] of cases) await assert.rejects(endpoint(text, env), message);
});
