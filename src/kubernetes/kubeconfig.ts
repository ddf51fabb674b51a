/** The cluster that kubeconfig and Helm's flags point at. @module */

import { KubeConfig } from "@kubernetes/client-node";
import type { User } from "@kubernetes/client-node";
import type { RequestOptions } from "node:https";
import { ConnectionError } from "./endpoint.ts";
import type { Connection, Endpoint, ReadEnv } from "./endpoint.ts";
import { helmOverrides } from "./helm_variables.ts";
import type { HelmOverrides } from "./helm_variables.ts";
import { readKubeconfig } from "./kubeconfig_files.ts";
import type { Kubeconfig, NamedEntry } from "./kubeconfig_files.ts";

/**
 * Connects as Helm would: KUBECONFIG or ~/.kube/config, then Helm's variables on top. Client
 * certificates, tokens, token files, exec plugins and OIDC are client-node's work.
 */
export async function connectByKubeconfig(env: ReadEnv): Promise<Connection> {
  const overrides = helmOverrides(env);
  let loaded = await load(env, overrides);
  return {
    namespace: overrides.namespace ?? loaded.namespace ?? "default",
    endpoint: async (refused) => {
      if (refused !== undefined) loaded = await load(env, overrides);
      return await endpointOf(loaded);
    },
  };
}

interface Loaded {
  readonly config: KubeConfig;
  readonly asGroups: readonly string[];
  readonly namespace: string | undefined;
}

async function load(env: ReadEnv, overrides: HelmOverrides): Promise<Loaded> {
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
  const { context, cluster, user } = chosenEntries(files, overrides);
  const userFields = fieldsOf(user, "user");
  const groups = userFields["as-groups"];
  const config = new KubeConfig();
  config.loadFromString(JSON.stringify({
    clusters: [{
      name: "cluster",
      cluster: overriddenCluster(fieldsOf(cluster, "cluster"), overrides),
    }],
    users: [{ name: "user", user: overriddenUser(userFields, overrides) }],
    contexts: [{ name: "context", context: { cluster: "cluster", user: "user" } }],
    "current-context": "context",
  }));
  const namespace = fieldsOf(context, "context")["namespace"];
  return {
    config,
    asGroups: overrides.asGroups.length > 0
      ? overrides.asGroups
      : Array.isArray(groups)
      ? groups.map(String)
      : [],
    namespace: typeof namespace === "string" && namespace !== "" ? namespace : undefined,
  };
}

interface ChosenEntries {
  readonly context?: NamedEntry | undefined;
  readonly cluster?: NamedEntry | undefined;
  readonly user?: NamedEntry | undefined;
}

function chosenEntries(files: Kubeconfig | undefined, overrides: HelmOverrides): ChosenEntries {
  if (files === undefined) return {};
  const name = overrides.context ?? files.currentContext;
  const context = files.contexts.find((entry) => entry.name === name);
  if (context === undefined) {
    if (overrides.context === undefined && overrides.server !== undefined) return {};
    const known = files.contexts.map((entry) => `"${entry.name}"`).join(", ") || "none";
    throw new ConnectionError(
      name === undefined
        ? `The kubeconfig has no current context: choose one with --kube-context (there are: ${known})`
        : `The kubeconfig has no context "${name}" (there are: ${known})`,
    );
  }
  const fields = fieldsOf(context, "context");
  const cluster = files.clusters.find((entry) => entry.name === fields["cluster"]);
  if (cluster === undefined && overrides.server === undefined) {
    throw new ConnectionError(`The context "${name}" names no cluster of the kubeconfig`);
  }
  return { context, cluster, user: files.users.find((entry) => entry.name === fields["user"]) };
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(entry: NamedEntry | undefined, key: string): Fields {
  const fields = entry?.[key];
  return typeof fields === "object" && fields !== null ? fields as Fields : {};
}

function overriddenCluster(cluster: Fields, overrides: HelmOverrides): Fields {
  const result: Record<string, unknown> = { ...cluster };
  if (overrides.server !== undefined) result["server"] = overrides.server;
  if (overrides.tlsServerName !== undefined) result["tls-server-name"] = overrides.tlsServerName;
  if (overrides.caFile !== undefined) {
    result["certificate-authority"] = overrides.caFile;
    delete result["certificate-authority-data"];
  }
  // client-node refuses plain HTTP (kubectl proxy) unless nothing was to be verified.
  const isPlain = String(result["server"]).startsWith("http:");
  if (overrides.insecure || isPlain) {
    result["insecure-skip-tls-verify"] = true;
    delete result["certificate-authority"];
    delete result["certificate-authority-data"];
  }
  return result;
}

function overriddenUser(user: Fields, overrides: HelmOverrides): Fields {
  const result: Record<string, unknown> = { ...user };
  if (overrides.token !== undefined) {
    result["token"] = overrides.token;
    for (const key of ["exec", "auth-provider", "tokenFile", "username", "password"]) {
      delete result[key];
    }
  }
  if (overrides.asUser !== undefined) result["as"] = overrides.asUser;
  const tokenFile = result["tokenFile"];
  if (tokenFile !== undefined) {
    // client-node 1.4.0 reads "token-file", once; its in-cluster way reads the file every minute.
    result["auth-provider"] = { name: "tokenFile", config: { tokenFile } };
  }
  return result;
}

async function endpointOf({ config, asGroups }: Loaded): Promise<Endpoint> {
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new ConnectionError("The kubeconfig names no cluster");
  if (cluster.proxyUrl) {
    throw new ConnectionError(
      `The kubeconfig's proxy-url "${cluster.proxyUrl}" is not supported: set HTTPS_PROXY instead`,
    );
  }
  nameApiVersionForExec(config.getCurrentUser(), cluster.server);
  const options: RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message.trim() : String(cause);
    throw new ConnectionError(`Cannot get credentials for ${cluster.server}: ${detail}`, { cause });
  }
  const headers = Object.entries(options.headers ?? {}).map(([name, value]): [string, string] => [
    name,
    String(value).trim(),
  ]);
  if (options.auth) headers.push(["Authorization", `Basic ${btoa(options.auth)}`]);
  const { ca, cert, key } = options;
  return {
    server: cluster.server.replace(/\/+$/, ""),
    headers: [
      ...headers,
      ...asGroups.map((group): [string, string] => ["Impersonate-Group", group]),
    ],
    ...(ca ? { ca: String(ca) } : {}),
    ...(cert && key ? { clientCertificate: { cert: String(cert), key: String(key) } } : {}),
    ...(cluster.tlsServerName ? { tlsServerName: cluster.tlsServerName } : {}),
    insecure: cluster.skipTLSVerify === true,
  };
}

/** Plugins may insist on KUBERNETES_EXEC_INFO, which client-node 1.4.0 does not set. */
function nameApiVersionForExec(user: User | null, server: string): void {
  const exec: unknown = user?.exec;
  if (typeof exec !== "object" || exec === null) return;
  const fields = exec as { apiVersion?: string; env?: { name: string; value: string }[] | null };
  if (fields.env?.some(({ name }) => name === "KUBERNETES_EXEC_INFO")) return;
  const info = {
    apiVersion: fields.apiVersion ?? "client.authentication.k8s.io/v1",
    kind: "ExecCredential",
    spec: { interactive: false, cluster: { server } },
  };
  fields.env = [
    ...fields.env ?? [],
    { name: "KUBERNETES_EXEC_INFO", value: JSON.stringify(info) },
  ];
}
