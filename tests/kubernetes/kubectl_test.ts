/**
 * kubectl is the oracle: for each kubeconfig, nodeping asks the server as whom kubectl asks it, or both
 * refuse. The server writes down what it got.
 *
 * @module
 */

import assert from "node:assert/strict";
import { makeApi } from "../../src/kubernetes/client.ts";
import { connect } from "../../src/kubernetes/credentials.ts";
import { run, spawnProcess } from "../../src/platform/process.ts";
import { connectDeps } from "../fakes/deps.ts";
import { startFakeServer } from "../fakes/http_server.ts";
import type { Answer, FakeServer } from "../fakes/http_server.ts";
import { findProgram, missingPrograms, needing } from "../needing.ts";
import { makeCertificates } from "./certificates.ts";
import { jwt, kubeconfigCases } from "./kubeconfig_cases.ts";
import type { KubeconfigCase } from "./kubeconfig_cases.ts";

interface Asked {
  readonly kind: "asked";
  readonly path: string;
  readonly headers: readonly string[];
}

type Outcome = Asked | { readonly kind: "refused"; readonly message: string };

const kubectl = findProgram("kubectl");

Deno.test({
  ...needing("nodeping asks as kubectl asks", missingPrograms("kubectl", "openssl")),
  fn: async (t) => {
    const directory = await Deno.makeTempDir();
    try {
      await makeCertificates(directory);
      await Deno.writeTextFile(`${directory}/token`, "from-file\n");
      await Deno.writeTextFile(`${directory}/empty`, "\n");
      const [cert = "", key = ""] = await Promise.all(
        ["server.crt", "server.key"].map((file) => Deno.readTextFile(`${directory}/${file}`)),
      );
      await using secure = startFakeServer(version, { tls: { cert, key } });
      await using plain: FakeServer = startFakeServer(version);
      await using idp: FakeServer = startFakeServer(({ line, body }) => ({
        body: JSON.stringify(
          line.startsWith("GET /.well-known/")
            ? { token_endpoint: `${idp.url}/token` }
            : body.includes("refresh_token=once")
            ? { id_token: jwt(4e9), refresh_token: "next", token_type: "Bearer", access_token: "a" }
            : {},
        ),
        headers: ["Content-Type: application/json"],
      }));
      for (const [name, one] of Object.entries(kubeconfigCases)) {
        const server = one.isPlain ? plain : secure;
        await t.step(name, async () => {
          const file = `${directory}/kubeconfig`;
          const text = kubeconfigOf(one, server, directory).replaceAll("IDP", idp.url);
          const asked = async (ask: (file: string) => Promise<void>): Promise<Outcome> => {
            await Deno.writeTextFile(file, text);
            const outcome = await outcomeOf(server, () => ask(file));
            const isRenewed = /refresh-token"?: "?next/.test(await Deno.readTextFile(file));
            assert.equal(isRenewed, one.isRenewed ?? false, details(outcome, outcome));
            return outcome;
          };
          const [theirs, ours] = [await asked(askByKubectl), await asked(ask)];
          if (one.refusedHere !== undefined) assert.equal(ours.kind, "refused");
          else assert.deepEqual(comparable(ours), comparable(theirs), details(ours, theirs));
        });
      }
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});

function version(): Answer {
  return {
    body: '{"major":"1","minor":"34","gitVersion":"v1.34.0"}',
    headers: ["Content-Type: application/json"],
  };
}

function kubeconfigOf(
  { user = {}, cluster = {}, file, text }: KubeconfigCase,
  server: FakeServer,
  directory: string,
): string {
  const whole = text ?? JSON.stringify({
    ...{ apiVersion: "v1", kind: "Config" },
    clusters: [{
      name: "test",
      cluster: { server: "SERVER", "certificate-authority": "ca.crt", ...cluster },
    }],
    users: [{ name: "test", user }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
    "current-context": "test",
    ...file,
  });
  return whole.replaceAll("SERVER", server.url).replaceAll(
    "HOST",
    `127.0.0.1:${server.port}`,
  )
    .replaceAll(": CA", `: ${directory}/ca.crt`);
}

async function outcomeOf(server: FakeServer, ask: () => Promise<void>): Promise<Outcome> {
  const before = server.received.length;
  try {
    await ask();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (server.received.length === before) return { kind: "refused", message };
  }
  const [request] = server.received.slice(before);
  if (request === undefined) return { kind: "refused", message: "Nothing was asked" };
  const isIdentity = (name: string) => name === "authorization" || name.startsWith("impersonate-");
  const headers = request.headers.filter(([name]) => isIdentity(name))
    .map(([name, value]) => `${name}: ${readable(value)}`);
  return { kind: "asked", path: request.line.split("?")[0] ?? "", headers: headers.sort() };
}

/** A token that says what its plugin was told, whatever the order of its keys. */
function readable(value: string): string {
  const [, json] = /^Bearer (eyJ[\w+/]+=*)$/.exec(value) ?? [];
  return json === undefined ? value : JSON.stringify(sorted(JSON.parse(atob(json))));
}

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const pairs = Object.entries(value).map((
    [key, inner],
  ): [string, unknown] => [key, sorted(inner)]);
  return Object.fromEntries(pairs.toSorted(([a], [b]) => a < b ? -1 : 1));
}

function comparable(outcome: Outcome): unknown {
  return outcome.kind === "refused" ? outcome.kind : outcome;
}

function details(ours: Outcome, theirs: Outcome): string {
  return JSON.stringify({ ours, theirs }, undefined, 1);
}

async function askByKubectl(file: string): Promise<void> {
  const { code, stderr } = await run(spawnProcess, {
    command: kubectl ?? "",
    args: ["--kubeconfig", file, "get", "--raw", "/version"],
  }, AbortSignal.timeout(20_000));
  if (code !== 0) throw new Error(stderr);
}

async function ask(file: string): Promise<void> {
  using api = makeApi(await connect(connectDeps({ KUBECONFIG: file })));
  await api.json("/version", { signal: AbortSignal.timeout(20_000) });
}
