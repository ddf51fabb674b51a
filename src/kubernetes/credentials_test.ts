import assert from "node:assert/strict";
import { connect, connectInCluster } from "./credentials.ts";
import type { Connection, Endpoint } from "./endpoint.ts";
import { connectDeps } from "../../tests/fakes/deps.ts";

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

Deno.test("connect() takes Helm's token and authority in a pod without a kubeconfig, and refuses what Helm cannot", async () => {
  const directory = await Deno.makeTempDir();
  const connectPod = (variables: Env) =>
    connect(connectDeps({ KUBERNETES_SERVICE_HOST: "10.96.0.1", ...variables }), directory);
  try {
    for (const [name, text] of [["namespace", "np"], ["ca.crt", "ca"], ["token", "own"]]) {
      await Deno.writeTextFile(`${directory}/${name}`, `${text}\n`);
    }
    const own = await connectPod({});
    assert.deepEqual([own.namespace, (await own.endpoint()).headers], [
      "np",
      [["Authorization", "Bearer own"]],
    ]);
    const caFile = `${directory}/given.crt`;
    const pem = "-----BEGIN CERTIFICATE-----\n";
    await Deno.writeTextFile(caFile, pem);
    const given = await connectPod({
      ...{ HELM_KUBETOKEN: "given", HELM_KUBECAFILE: caFile, HELM_NAMESPACE: "monitoring" },
      ...{ HELM_KUBEASGROUPS: "", HELM_KUBEINSECURE_SKIP_TLS_VERIFY: "false" },
    });
    assert.equal(given.namespace, "monitoring");
    assert.deepEqual(await given.endpoint(), {
      server: "https://10.96.0.1:443",
      ca: pem,
      headers: [["Authorization", "Bearer given"]],
      insecure: false,
    });
    await assert.rejects(
      connectPod({ HELM_KUBEASUSER: "jane", HELM_KUBEASGROUPS: "ops" }),
      /^ConnectionError: --kube-as-user and --kube-as-group: this pod has its service account alone/,
    );
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

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
  files: Env = {},
): Promise<T> {
  const directory = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${directory}/${name}`, text);
    }
    const configs = texts.map((_, index) => `${directory}/config-${index}`);
    for (const [index, file] of configs.entries()) {
      await Deno.writeTextFile(file, texts[index] ?? "");
    }
    const all: Env = { KUBECONFIG: configs.join(":"), ...env };
    return await use(await connect(connectDeps(all)), directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function endpoint(text: string, env: Env = {}): Promise<Endpoint> {
  return await connected([text], env, async (connection) => await connection.endpoint());
}

Deno.test("connect() takes server, namespace and token of the current context", async () => {
  await connected([kubeconfig({}, { token: "t" })], {}, async (connection) => {
    assert.equal(connection.namespace, "np");
    assert.deepEqual(await connection.endpoint(), {
      server: "https://api.example:6443",
      headers: [["Authorization", "Bearer t"]],
      insecure: false,
    });
  });
});

Deno.test("connect() authenticates by name and password", async () => {
  const { headers } = await endpoint(kubeconfig({}, { username: "jane", password: "p:w" }));
  assert.deepEqual(headers, [["Authorization", `Basic ${btoa("jane:p:w")}`]]);
});

Deno.test("connect() takes a server without a scheme as client-go does", async () => {
  const cases: readonly (readonly [Fields, string])[] = [
    [{ server: "http://localhost:8001/" }, "http://localhost:8001"],
    [{ server: "localhost:8080" }, "http://localhost:8080"],
    [
      { server: "https://rancher.example/k8s/clusters/c-1/" },
      "https://rancher.example/k8s/clusters/c-1",
    ],
  ];
  for (const [cluster, server] of cases) {
    assert.equal((await endpoint(kubeconfig(cluster))).server, server);
  }
});

Deno.test("connect() reads files that stand beside the kubeconfig, and those that rotate again", async () => {
  const text = kubeconfig({ "certificate-authority": "ca.crt" }, { tokenFile: "token" });
  const pem = "-----BEGIN CERTIFICATE-----\n";
  await connected([text], {}, async (connection, directory) => {
    await Deno.writeTextFile(`${directory}/token`, "from-file\n");
    const { headers, ca } = await connection.endpoint();
    assert.deepEqual([headers, ca], [[["Authorization", "Bearer from-file"]], pem]);
    await Deno.writeTextFile(`${directory}/token`, "next\n");
    assert.deepEqual((await connection.endpoint()).headers, [["Authorization", "Bearer next"]]);
    await Deno.writeTextFile(`${directory}/token`, "\n");
    await assert.rejects(connection.endpoint(), /The tokenFile ".*\/token" is empty/);
  }, { "ca.crt": pem });
});

Deno.test("connect() lets Helm's flags win", async () => {
  const user = { username: "jane", password: "x", as: "jane", "as-groups": ["dev"] };
  const { server, headers, tlsServerName } = await endpoint(kubeconfig({}, user), {
    HELM_KUBEAPISERVER: "https://other.example/",
    HELM_KUBETOKEN: "flag",
    HELM_KUBEASGROUPS: "ops,net",
    HELM_KUBETLS_SERVER_NAME: "inner",
  });
  assert.deepEqual([server, tlsServerName], ["https://other.example", "inner"]);
  assert.deepEqual(headers, [
    ["Authorization", "Bearer flag"],
    ["Impersonate-User", "jane"],
    ["Impersonate-Group", "ops"],
    ["Impersonate-Group", "net"],
  ]);
});

Deno.test("connect() takes the first file that names something", async () => {
  const texts = [
    kubeconfig({ server: "https://first" }, { token: "1" }),
    kubeconfig({ server: "https://second" }, { token: "2" }, { "current-context": "two" }),
  ];
  await connected(texts, {}, async (connection) => {
    const { server, headers } = await connection.endpoint();
    assert.deepEqual([server, headers], ["https://first", [["Authorization", "Bearer 1"]]]);
  });
});

Deno.test("connect() says what is missing in a kubeconfig", async () => {
  const cases: readonly (readonly [string, Env, RegExp])[] = [
    [kubeconfig({}, {}, { clusters: [] }), {}, /The context "one" names no cluster/],
    [kubeconfig({}), { HELM_KUBECONTEXT: "x" }, /has no context "x" \(there are: "one"\)/],
    [kubeconfig({}, {}, { "current-context": "" }), {}, /has no current context: .*"one"/],
    [kubeconfig({ "proxy-url": "ftp://p" }), {}, /proxy-url is "ftp:\/\/p": write a URL of http, /],
    ["{", {}, /Cannot read the kubeconfig .* as YAML/],
    ["", { KUBECONFIG: "/none" }, /No cluster to talk to: no file of KUBECONFIG="\/none" exists/],
  ];
  for (const [text, env, message] of cases) await assert.rejects(endpoint(text, env), message);
});
