/** Whom a connection trusts and where it goes, by servers that write down what they got. @module */

import assert from "node:assert/strict";
import { makeApi } from "../../src/kubernetes/client.ts";
import { connect } from "../../src/kubernetes/credentials.ts";
import { run, spawnProcess } from "../../src/platform/process.ts";
import { connectDeps } from "../fakes/deps.ts";
import { startFakeServer } from "../fakes/http_server.ts";
import type { FakeServer, FakeServerOptions } from "../fakes/http_server.ts";
import { missingPrograms, needing } from "../needing.ts";
import { kubeconfigText } from "./api_server.ts";
import { makeCertificates } from "./certificates.ts";

interface Place {
  /** ca.crt, and server.crt that it signed. */
  readonly directory: string;
  readonly start: (options?: FakeServerOptions) => Promise<FakeServer>;
  /** Path of a kubeconfig for the server, with a token. */
  readonly kubeconfig: (server: string, ca: string, cluster?: object) => Promise<string>;
}

function placeTest(name: string, test: (place: Place) => Promise<void>): void {
  Deno.test({
    ...needing(name, missingPrograms("openssl")),
    fn: async () => {
      const directory = await Deno.makeTempDir();
      try {
        await makeCertificates(directory);
        await test({
          directory,
          start: async (options) => {
            const [cert = "", key = ""] = await Promise.all(
              ["server.crt", "server.key"].map((file) => Deno.readTextFile(`${directory}/${file}`)),
            );
            return startFakeServer(() => ({}), { tls: { cert, key }, ...options });
          },
          kubeconfig: async (server, ca, cluster = {}) => {
            const config = JSON.parse(kubeconfigText({ server, ca, user: { token: "secret" } }));
            Object.assign(config.clusters[0].cluster, cluster);
            const file = `${directory}/kubeconfig`;
            await Deno.writeTextFile(file, JSON.stringify(config));
            return file;
          },
        });
      } finally {
        await Deno.remove(directory, { recursive: true });
      }
    },
  });
}

async function ask(env: Readonly<Record<string, string>>, path = "/version"): Promise<void> {
  using api = makeApi(await connect(connectDeps(env)));
  await api.json(path, { signal: AbortSignal.timeout(10_000) });
}

placeTest(
  "the given authority is the only one that is trusted: no token reaches another's",
  async (place) => {
    const { directory, start, kubeconfig } = place;
    await Deno.mkdir(`${directory}/other`);
    await makeCertificates(`${directory}/other`);
    await using server = await start();
    // The machine trusts the server's authority, as it trusts the public ones; the kubeconfig has another.
    const file = await kubeconfig(server.url, `${directory}/other/ca.crt`);
    const main = new URL("../../main.ts", import.meta.url).pathname;
    const { code, stderr } = await run(spawnProcess, {
      command: Deno.execPath(),
      args: [
        "run",
        "--quiet",
        "--allow-all",
        "--no-check",
        main,
        "sync",
        "--values-file",
        `${directory}/nodes.yaml`,
      ],
      env: { KUBECONFIG: file, DENO_CERT: `${directory}/ca.crt`, HELM_BIN: "/none" },
    });
    assert.equal(code, 1);
    assert.match(stderr, /^Error: Cannot reach the API server https:\/\/127\.0\.0\.1/);
    assert.deepEqual(server.received, []);
  },
);

placeTest("a server is reached by its IPv6 address", async ({ directory, start, kubeconfig }) => {
  await using server = await start({ hostname: "::1" });
  await ask({ KUBECONFIG: await kubeconfig(server.url, `${directory}/ca.crt`) });
  assert.equal(server.received.length, 1);
});

placeTest(
  "a server is reached through the kubeconfig's proxy, with its TLS name and one connection",
  async (place) => {
    const { directory, start, kubeconfig } = place;
    await using server = await start();
    const targets: string[] = [];
    await using proxy = startFakeServer(() => ({ status: 405 }), {
      onConnect: async (target, connection) => {
        targets.push(target);
        await connection.write(new TextEncoder().encode("HTTP/1.1 200 Tunnel\r\n\r\n"));
        await tunnel(connection, server.port);
      },
    });
    const url = proxy.url.replace("//", "//jane:p%40w@");
    const target = "api.elsewhere.example:6443";
    const file = await kubeconfig(`https://${target}`, `${directory}/ca.crt`, {
      ...{ "proxy-url": url, "tls-server-name": "api.nodeping.test" },
    });
    using api = makeApi(await connect(connectDeps({ KUBECONFIG: file })));
    for (let count = 0; count < 2; count++) {
      await api.json("/version", { signal: AbortSignal.timeout(10_000) });
    }
    assert.deepEqual(targets, [target]);
    assert.deepEqual(server.received.map(({ connection }) => connection), [1, 1]);
    const login = proxy.received[0]?.headers.find(([name]) => name === "proxy-authorization");
    assert.equal(login?.[1], `Basic ${btoa("jane:p@w")}`);
    assert.ok(
      !proxy.received.some(({ headers }) => headers.some(([name]) => name === "authorization")),
    );
  },
);

placeTest(
  "HTTPS_PROXY is heeded together with an unchecked certificate and several groups",
  async (place) => {
    const { start, kubeconfig } = place;
    await using server = await start();
    await using proxy = startFakeServer(() => ({ status: 405 }), {
      onConnect: async (_, connection) => {
        await connection.write(new TextEncoder().encode("HTTP/1.1 200 Tunnel\r\n\r\n"));
        await tunnel(connection, server.port);
      },
    });
    const env = {
      KUBECONFIG: await kubeconfig("https://api.elsewhere.example", ""),
      HTTPS_PROXY: proxy.url,
      ...{ HELM_KUBEINSECURE_SKIP_TLS_VERIFY: "true", HELM_KUBEASUSER: "bob" },
      HELM_KUBEASGROUPS: "a,b",
    };
    await ask(env);
    const groups = server.received[0]?.headers.filter(([name]) => name === "impersonate-group");
    assert.deepEqual(groups?.map(([, group]) => group), ["a", "b"]);
    await assert.rejects(ask({ ...env, HTTPS_PROXY: "http://127.0.0.1:1" }), /ECONNREFUSED/);
  },
);

placeTest("a server is reached through a SOCKS5 proxy, which resolves its name", async (place) => {
  const { directory, start, kubeconfig } = place;
  await using server = await start();
  const targets: string[] = [];
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = serveSocks(listener, targets, server.port);
  const file = await kubeconfig("https://api.nodeping.test:6443", `${directory}/ca.crt`, {
    "proxy-url": `socks5://127.0.0.1:${listener.addr.port}`,
  });
  await ask({ KUBECONFIG: file });
  assert.deepEqual(targets, ["api.nodeping.test:6443"]);
  assert.equal(server.received.length, 1);
  await server.disconnect();
  await serving;
});

/** RFC 1928, as far as one client needs it. */
async function serveSocks(listener: Deno.Listener, targets: string[], port: number): Promise<void> {
  const connection = await listener.accept();
  const bytes = new Uint8Array(300);
  await connection.read(bytes);
  await connection.write(new Uint8Array([5, 0]));
  await connection.read(bytes);
  const length = bytes[4] ?? 0;
  const name = new TextDecoder().decode(bytes.subarray(5, 5 + length));
  targets.push(`${name}:${(bytes[5 + length] ?? 0) * 256 + (bytes[6 + length] ?? 0)}`);
  await connection.write(new Uint8Array([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
  await tunnel(connection, port);
}

async function tunnel(connection: Deno.Conn, port: number): Promise<void> {
  const server = await Deno.connect({ hostname: "127.0.0.1", port });
  await Promise.allSettled([
    connection.readable.pipeTo(server.writable),
    server.readable.pipeTo(connection.writable),
  ]);
}
