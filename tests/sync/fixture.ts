/** The command line of nodeping and both Helms on a real API server, for the tests of sync. @module */

import { runCli } from "../../src/cli.ts";
import { makeApi } from "../../src/kubernetes/client.ts";
import type { KubernetesApi } from "../../src/kubernetes/client.ts";
import { connectDeps } from "../fakes/deps.ts";
import { connect } from "../../src/kubernetes/credentials.ts";
import { run, spawnProcess } from "../../src/platform/process.ts";
import type { Finished, Spawn } from "../../src/platform/process.ts";
import type { ApiServer } from "../kubernetes/api_server.ts";

/** The chart of the tests. */
export const testChart = new URL("../testdata/charts/nodeping", import.meta.url).pathname;

/** The value of --set-json for a list of node-1 alone, which a sync then changes. */
export const oneNode = 'nodePing.nodes=[{"name":"node-1","ipAddress":"10.0.0.1"}]';

/** What a command left behind. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** One namespace and one Helm on the API server. */
export interface SyncFixture {
  readonly server: ApiServer;
  readonly api: KubernetesApi;
  readonly namespace: string;
  readonly major: number;
  /** Variables as Helm gives them to its plugins. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs `nodeping sync ARGS` in this process. */
  readonly sync: (args: readonly string[], options?: SyncCallOptions) => Promise<Outcome>;
  /** Runs Helm; throws when it fails. */
  readonly helm: (...args: readonly string[]) => Promise<string>;
  /** Runs Helm, whatever becomes of it. */
  readonly tryHelm: (...args: readonly string[]) => Promise<Finished>;
  /** Status and description of each revision, oldest first. */
  readonly history: (release: string) => Promise<readonly string[]>;
}

/** More for a call of sync. */
export interface SyncCallOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Receives standard error as it comes. */
  readonly onErr?: (text: string) => void;
}

/** Makes a namespace and a fixture in it. */
export async function makeFixture(
  server: ApiServer,
  helmProgram: string,
  namespace: string,
): Promise<SyncFixture> {
  const env = {
    KUBECONFIG: server.kubeconfig,
    HELM_BIN: helmProgram,
    HELM_NAMESPACE: namespace,
    HELM_CACHE_HOME: `${server.directory}/helm-cache`,
    HELM_CONFIG_HOME: `${server.directory}/helm-config`,
  };
  const api = makeApi(await connect(connectDeps(env)));
  await create(api, "/api/v1/namespaces", {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: namespace },
  });
  const tryHelm = (...args: readonly string[]) =>
    run(spawnProcess, { command: helmProgram, args, env });
  const helm = async (...args: readonly string[]): Promise<string> => {
    const finished = await tryHelm(...args);
    if (finished.code === 0) return finished.stdout;
    throw new Error(`helm ${args.join(" ")} failed: ${finished.stderr}`);
  };
  const version = /v(\d)/.exec(await helm("version", "--short"))?.[1];
  return {
    ...{ server, api, namespace, env, helm, tryHelm },
    major: Number(version),
    sync: (args, options = {}) => runSync({ ...env, ...options.env }, args, options),
    history: async (release) => {
      const text = await helm("history", release, "--output", "json");
      return (JSON.parse(text) as { status: string; description: string }[])
        .map(({ status, description }) => `${status}: ${description}`);
    },
  };
}

async function runSync(
  env: Readonly<Record<string, string>>,
  args: readonly string[],
  options: SyncCallOptions,
): Promise<Outcome> {
  let out = "";
  let err = "";
  const spawn: Spawn = (request) => spawnProcess({ ...request, env: { ...env, ...request.env } });
  const code = await runCli({
    args: ["sync", ...args],
    env: (name) => env[name],
    out: (text) => void (out += text),
    err: (text) => {
      err += text;
      options.onErr?.(text);
    },
    signal: options.signal ?? new AbortController().signal,
    spawn,
  });
  return { code, out, err };
}

/** Installs the tests' chart as "np", with {@linkcode oneNode}; `flags` go to Helm. */
export async function installOneNode(
  fixture: SyncFixture,
  ...flags: readonly string[]
): Promise<void> {
  await fixture.helm("install", "np", testChart, "--set-json", oneNode, ...flags);
}

/** Creates an object; resolves with it as the server has it. */
export async function create(api: KubernetesApi, path: string, object: unknown): Promise<unknown> {
  return await api.json(path, {
    method: "POST",
    contentType: "application/json",
    body: JSON.stringify(object),
    signal: AbortSignal.timeout(20_000),
  });
}

/** Changes an object by a merge patch; `?subresource` paths are the caller's. */
export async function patch(api: KubernetesApi, path: string, change: unknown): Promise<unknown> {
  return await api.json(path, {
    method: "PATCH",
    contentType: "application/merge-patch+json",
    body: JSON.stringify(change),
    signal: AbortSignal.timeout(20_000),
  });
}

/** Deletes an object. */
export async function remove(api: KubernetesApi, path: string): Promise<void> {
  await api.json(path, { method: "DELETE", signal: AbortSignal.timeout(20_000) });
}

/** Makes a Node with one InternalIP, labelled for the group and Linux. */
export async function createNode(
  api: KubernetesApi,
  name: string,
  address: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<void> {
  await create(api, "/api/v1/nodes", {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { "kubernetes.io/os": "linux", ...labels } },
  });
  await setAddresses(api, name, [{ type: "InternalIP", address }]);
}

/** Sets .status.addresses of a Node. */
export async function setAddresses(
  api: KubernetesApi,
  name: string,
  addresses: readonly { readonly type: string; readonly address: string }[],
): Promise<void> {
  await patch(api, `/api/v1/nodes/${name}/status`, { status: { addresses } });
}
