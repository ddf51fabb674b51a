/** As whom, and to which API server: kubeconfig with Helm's variables, or the pod's service account. @module */

import { createPrivateKey, X509Certificate } from "node:crypto";
import { ConnectionError, helmOverrides, proxyFor } from "./endpoint.ts";
import type { Connection, Endpoint, ReadEnv } from "./endpoint.ts";
import { pluginCredentials } from "./exec_plugin.ts";
import type { ClusterInfo, ExecPluginDeps, PluginCredential } from "./exec_plugin.ts";
import { chosenContext } from "./kubeconfig.ts";
import type { ClusterSettings, Impersonation, UserSettings } from "./kubeconfig.ts";
import { readKubeconfig } from "./kubeconfig_files.ts";
import type { PemSource } from "./kubeconfig_files.ts";
import { checkAuthProvider, oidcToken } from "./oidc.ts";
import { withoutPassword } from "../flags.ts";
import { systemClock } from "../platform/clock.ts";
import type { Spawn } from "../platform/process.ts";
import { errorMessage, printable } from "../platform/terminal.ts";

/** What connecting needs from outside. */
export interface ConnectDeps {
  /** Variables of the environment. */
  readonly env: ReadEnv;
  /** Starts credential plugins. */
  readonly spawn: Spawn;
  /** Shows warnings, and what credential plugins say. */
  readonly err: (text: string) => void;
  /** Ends credential plugins. */
  readonly signal: AbortSignal;
}

/** Where a kubelet mounts the service account. */
const serviceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * Connects to the cluster that Helm would talk to: kubeconfig and Helm's variables, or, where they
 * name no server and this is a pod, the pod's service account.
 */
export async function connect(
  deps: ConnectDeps,
  podDirectory: string = serviceAccountDirectory,
): Promise<Connection> {
  const { env } = deps;
  const isPointed = helmOverrides(env).server !== undefined || Boolean(env("KUBECONFIG"));
  if (!isPointed && isInCluster(env) && await readKubeconfig(env) === undefined) {
    return await connectAsPod(env, podDirectory);
  }
  return await connectByKubeconfig(deps);
}

/** As client-go: Helm's token and authority take the place of the pod's own, and nothing else does. */
async function connectAsPod(env: ReadEnv, directory: string): Promise<Connection> {
  const { token, caFile, namespace, ...others } = helmOverrides(env);
  const flags = [
    ...(others.context === undefined ? [] : ["--kube-context"]),
    ...(others.asUser === undefined ? [] : ["--kube-as-user"]),
    ...(others.asGroups.length === 0 ? [] : ["--kube-as-group"]),
  ];
  if (flags.length > 0) {
    throw new ConnectionError(
      `${flags.join(" and ")}: this pod has its service account alone; give it a kubeconfig, or ` +
        "--kube-apiserver and --kube-token as well",
    );
  }
  const connection = await connectInCluster(env, directory);
  return {
    namespace: namespace ?? connection.namespace,
    endpoint: async () => ({
      ...await connection.endpoint(),
      ...(token === undefined ? {} : { headers: [["Authorization", `Bearer ${token}`]] }),
      ...(caFile === undefined
        ? {}
        : { ca: await pemText({ kind: "file", path: caFile }, "CERTIFICATE") }),
    }),
  };
}

/** Whether the environment is that of a pod. */
export function isInCluster(env: ReadEnv): boolean {
  return Boolean(env("KUBERNETES_SERVICE_HOST"));
}

/**
 * Connects with the pod's service account. The token is read for every request, since the kubelet
 * replaces it within its lifetime (an hour by default). Reads nothing but the mount.
 */
export async function connectInCluster(
  env: ReadEnv,
  directory: string = serviceAccountDirectory,
): Promise<Connection> {
  const host = env("KUBERNETES_SERVICE_HOST");
  if (!host) throw new ConnectionError("Not in a cluster: KUBERNETES_SERVICE_HOST is not set");
  const port = env("KUBERNETES_SERVICE_PORT") || "443";
  const server = `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
  const read = async (name: string): Promise<string> => {
    try {
      return (await Deno.readTextFile(`${directory}/${name}`)).trim();
    } catch (cause) {
      throw new ConnectionError(
        `Cannot read "${directory}/${name}": set automountServiceAccountToken on the pod`,
        { cause },
      );
    }
  };
  return {
    namespace: await read("namespace"),
    endpoint: async () => ({
      server,
      ca: await read("ca.crt"),
      headers: [["Authorization", `Bearer ${await read("token")}`]],
      insecure: false,
    }),
  };
}

/** Everything that the files said, and credentials that may be renewed. */
interface Loaded {
  readonly namespace: string | undefined;
  readonly endpoint: () => Promise<Endpoint>;
}

/** The files are read again when the API server refuses the credentials: somebody may have logged in anew. */
async function connectByKubeconfig(deps: ConnectDeps): Promise<Connection> {
  const shown = new Set<string>();
  const warn = (message: string): void => {
    if (!shown.has(message)) deps.err(`Warning: ${printable(message)}\n`);
    shown.add(message);
  };
  const first = await load(deps, warn);
  let current = Promise.resolve(first);
  const origins = new WeakMap<Endpoint, Promise<Loaded>>();
  return {
    namespace: first.namespace ?? "default",
    endpoint: async (refused) => {
      const before = current;
      // Of requests that are refused together, the first renews for all.
      if (refused !== undefined && origins.get(refused) === before) {
        current = load(deps, warn).catch((error) => {
          current = before;
          throw error;
        });
      }
      const origin = current;
      const endpoint = await (await origin).endpoint();
      origins.set(endpoint, origin);
      return endpoint;
    },
  };
}

async function load(deps: ConnectDeps, warn: (message: string) => void): Promise<Loaded> {
  const { env } = deps;
  const overrides = helmOverrides(env);
  const files = await readKubeconfig(env);
  if (files === undefined && overrides.server === undefined) {
    const looked = env("KUBECONFIG")
      ? `no file of KUBECONFIG="${env("KUBECONFIG")}" exists`
      : "KUBECONFIG is not set and there is no ~/.kube/config";
    throw new ConnectionError(
      `No cluster to talk to: ${looked}; set KUBECONFIG, or give --kube-apiserver and ` +
        "--kube-token to helm",
    );
  }
  const { namespace, cluster, user, warnings } = chosenContext(files, overrides);
  warnings.forEach(warn);
  checkAuthProvider(user);
  const server = serverUrl(cluster);
  const ca = cluster.ca === undefined ? undefined : await pemText(cluster.ca, "CERTIFICATE");
  const proxy = proxyFor(server, cluster.proxyUrl, env);
  const constant = {
    server,
    insecure: cluster.insecure,
    ...(ca === undefined ? {} : { ca }),
    ...(cluster.tlsServerName === undefined ? {} : { tlsServerName: cluster.tlsServerName }),
    ...(proxy === undefined ? {} : { proxy }),
  };
  // As client-go: without TLS no secret is sent, nor is a plugin asked for one.
  const isPlain = server.startsWith("http:");
  const credential = isPlain
    ? () => Promise.resolve<Credential>({})
    : credentialsOf(user, clusterInfo(cluster, server, ca), { ...deps, warn });
  return {
    namespace,
    endpoint: async () => {
      const { authorization, clientCertificate } = await credential();
      return {
        ...constant,
        headers: [
          ...(authorization === undefined ? [] : [["Authorization", authorization] as const]),
          ...impersonationHeaders(user.impersonation),
        ],
        ...(clientCertificate === undefined ? {} : { clientCertificate }),
      };
    },
  };
}

/** As client-go: a server without a scheme is http. */
function serverUrl({ server }: ClusterSettings): string {
  if (server === undefined) throw new ConnectionError("The kubeconfig's cluster has no server");
  const text = /^https?:\/\//i.test(server) ? server : `http://${server}`;
  const url = URL.parse(text);
  if (url === null || !/^[^/]*\/\/[^/]+/.test(text) || server.includes("://") && text !== server) {
    throw new ConnectionError(
      `The cluster's server is "${
        withoutPassword(server)
      }": write a URL such as https://api.example:6443`,
    );
  }
  return text.replace(/\/+$/, "");
}

/** What a credential plugin is given where it asks for it. */
function clusterInfo(
  cluster: ClusterSettings,
  server: string,
  ca: string | undefined,
): ClusterInfo {
  const { tlsServerName, insecure, proxyUrl, disableCompression, execConfig } = cluster;
  return {
    server,
    ...(tlsServerName === undefined ? {} : { "tls-server-name": tlsServerName }),
    ...(insecure ? { "insecure-skip-tls-verify": true } : {}),
    ...(ca === undefined ? {} : { "certificate-authority-data": btoa(ca) }),
    ...(proxyUrl === undefined ? {} : { "proxy-url": proxyUrl }),
    ...(disableCompression ? { "disable-compression": true } : {}),
    ...(execConfig === undefined ? {} : { config: execConfig }),
  };
}

interface Credential {
  readonly authorization?: string;
  readonly clientCertificate?: NonNullable<Endpoint["clientCertificate"]>;
}

interface CredentialDeps extends ConnectDeps {
  readonly warn: (message: string) => void;
}

/** Files are read for each request, since they are replaced from time to time. */
function credentialsOf(
  user: UserSettings,
  cluster: ClusterInfo,
  deps: CredentialDeps,
): () => Promise<Credential> {
  const authorization = authorizationOf(user, deps);
  // As client-go: whoever says otherwise who one is needs no plugin.
  const isByPlugin = authorization === undefined && user.clientCertificate === undefined;
  const plugin = isByPlugin && user.exec
    ? pluginCredentials(user.exec, cluster, pluginDeps(deps))
    : undefined;
  let checked: string | undefined;
  return async () => {
    const given: PluginCredential = await plugin?.() ?? {};
    const value = given.token === undefined ? await authorization?.() : `Bearer ${given.token}`;
    const pair = given.clientCertificate ?? await certificateOf(user);
    if (pair !== undefined && pair.cert + pair.key !== checked) checkPair(pair, user);
    checked = pair && pair.cert + pair.key;
    return {
      ...(value === undefined ? {} : { authorization: value }),
      ...(pair === undefined ? {} : { clientCertificate: pair }),
    };
  };
}

function pluginDeps({ spawn, err, signal }: ConnectDeps): ExecPluginDeps {
  const isInteractive = Deno.stdin.isTerminal();
  return { spawn, err, signal, isInteractive, wallMs: systemClock.wallMs };
}

/** The header's value by token, password or OIDC; undefined where the user has none of these. */
function authorizationOf(
  user: UserSettings,
  deps: CredentialDeps,
): (() => Promise<string>) | undefined {
  const { token, tokenFile, basic, authProvider } = user;
  if (tokenFile !== undefined) return async () => `Bearer ${await tokenOf(tokenFile, token)}`;
  if (token !== undefined) return () => Promise.resolve(`Bearer ${token}`);
  if (basic !== undefined) {
    const bytes = new TextEncoder().encode(`${basic.username}:${basic.password}`);
    return () => Promise.resolve(`Basic ${btoa(String.fromCharCode(...bytes))}`);
  }
  if (authProvider === undefined) return undefined;
  const idToken = oidcToken(user, authProvider.config, deps);
  return async () => `Bearer ${await idToken()}`;
}

async function tokenOf(file: string, fallback: string | undefined): Promise<string> {
  const text = await Deno.readTextFile(file).catch((cause: unknown) => {
    if (fallback !== undefined) return fallback;
    const detail = errorMessage(cause);
    throw new ConnectionError(`Cannot read the tokenFile "${file}": ${detail}`, { cause });
  });
  if (text.trim() !== "") return text.trim();
  throw new ConnectionError(`The tokenFile "${file}" is empty: log in anew`);
}

async function certificateOf({ clientCertificate }: UserSettings): Promise<
  Endpoint["clientCertificate"]
> {
  if (clientCertificate === undefined) return undefined;
  return {
    cert: await pemText(clientCertificate.cert, "CERTIFICATE"),
    key: await pemText(clientCertificate.key, "PRIVATE KEY"),
  };
}

/** Runtimes send no certificate at all where they cannot read the one that they are given. */
function checkPair({ cert, key }: { cert: string; key: string }, { name }: UserSettings): void {
  let isPair: boolean;
  try {
    isPair = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch (cause) {
    throw new ConnectionError(
      `Cannot read the client certificate of the user "${name}", or its key`,
      {
        cause,
      },
    );
  }
  if (!isPair) {
    throw new ConnectionError(`The client certificate of the user "${name}" is not of its key`);
  }
}

async function pemText(source: PemSource, kind: "CERTIFICATE" | "PRIVATE KEY"): Promise<string> {
  const isFile = source.kind === "file";
  const text = isFile
    ? await Deno.readTextFile(source.path).catch((cause: unknown) => {
      const detail = errorMessage(cause);
      throw new ConnectionError(`Cannot read "${source.path}": ${detail}`, { cause });
    })
    : source.pem;
  if (new RegExp(`-----BEGIN [A-Z ]*${kind}-----`).test(text)) return text;
  const where = isFile ? `"${source.path}"` : "data in the kubeconfig";
  throw new ConnectionError(`There is no ${kind} in PEM in ${where}`);
}

/** As whom the API server shall take the request (RFC 7230 tokens in a name; the rest is %-escaped). */
function impersonationHeaders(
  { user, uid, groups, extra }: Impersonation,
): readonly (readonly [string, string])[] {
  if (user === undefined) return [];
  return [
    ["Impersonate-User", user],
    ...(uid === undefined ? [] : [["Impersonate-Uid", uid] as const]),
    ...groups.map((group) => ["Impersonate-Group", group] as const),
    ...Object.entries(extra).flatMap(([key, values]) =>
      values.map((value) => [`Impersonate-Extra-${escapedKey(key)}`, value] as const)
    ),
  ];
}

function escapedKey(key: string): string {
  const bytes = [...new TextEncoder().encode(key)];
  return bytes.map((byte) => {
    const character = String.fromCharCode(byte);
    return /[!#$&'*+\-.^_`|~0-9A-Za-z]/.test(character)
      ? character
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
}
