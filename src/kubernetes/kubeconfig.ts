/** The cluster and the user of a kubeconfig's context, with Helm's flags on top: every field that kubectl knows. @module */

import { ConnectionError } from "./endpoint.ts";
import type { HelmOverrides } from "./endpoint.ts";
import { FieldReader } from "./kubeconfig_files.ts";
import type { Fields, Kubeconfig, KubeconfigEntry, PemSource } from "./kubeconfig_files.ts";

/** The fields that are heeded, as kubectl's; docs/cluster-access.md says of each what it does. */
export const kubeconfigFields = {
  cluster: [
    "server",
    "certificate-authority",
    "certificate-authority-data",
    "insecure-skip-tls-verify",
    "tls-server-name",
    "proxy-url",
    "disable-compression",
    "extensions",
  ],
  user: [
    "client-certificate",
    "client-certificate-data",
    "client-key",
    "client-key-data",
    "token",
    "tokenFile",
    "username",
    "password",
    "exec",
    "auth-provider",
    "as",
    "as-uid",
    "as-groups",
    "as-user-extra",
    "extensions",
  ],
  context: ["cluster", "user", "namespace", "extensions"],
  exec: [
    "apiVersion",
    "command",
    "args",
    "env",
    "installHint",
    "provideClusterInfo",
    "interactiveMode",
  ],
} as const;

/** An API server. */
export interface ClusterSettings {
  /** URL, or a host and port; undefined where only Helm's flags could give it. */
  readonly server: string | undefined;
  /** The only authority that is trusted. */
  readonly ca: PemSource | undefined;
  /** True when the server's certificate is not checked. */
  readonly insecure: boolean;
  /** Name that the server's certificate must carry. */
  readonly tlsServerName: string | undefined;
  /** URL of the proxy. */
  readonly proxyUrl: string | undefined;
  /** Of interest to credential plugins alone: nodeping asks for no compression. */
  readonly disableCompression: boolean;
  /** What the extension client.authentication.k8s.io/exec holds for credential plugins. */
  readonly execConfig: unknown;
}

/** How a credential plugin is run. */
export interface ExecSettings {
  /** client.authentication.k8s.io/v1 or v1beta1. */
  readonly apiVersion: string;
  /** Program on PATH, or an absolute path. */
  readonly command: string;
  /** Arguments. */
  readonly args: readonly string[];
  /** Variables on top of the inherited ones. */
  readonly env: Readonly<Record<string, string>>;
  /** What to do when the program is missing. */
  readonly installHint: string | undefined;
  /** Whether the plugin is given the cluster that it is for. */
  readonly provideClusterInfo: boolean;
  /** Whether it may, must or must not ask a person. */
  readonly interactiveMode: "Never" | "IfAvailable" | "Always";
}

/** As whom requests are sent; nobody else where `user` is undefined. */
export interface Impersonation {
  /** User name. */
  readonly user: string | undefined;
  /** Of the user. */
  readonly uid: string | undefined;
  /** Groups. */
  readonly groups: readonly string[];
  /** By key. */
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** Credentials. */
export interface UserSettings {
  /** Name of the entry. */
  readonly name: string;
  /** File that holds the entry; undefined where there is none. */
  readonly file: string | undefined;
  /** Client certificate and its key. */
  readonly clientCertificate: { readonly cert: PemSource; readonly key: PemSource } | undefined;
  /** Bearer token. */
  readonly token: string | undefined;
  /** File with a bearer token that is replaced from time to time; it wins over the token. */
  readonly tokenFile: string | undefined;
  /** User name and password. */
  readonly basic: { readonly username: string; readonly password: string } | undefined;
  /** Credential plugin. */
  readonly exec: ExecSettings | undefined;
  /** Built-in provider, by name. */
  readonly authProvider: { readonly name: string; readonly config: Fields } | undefined;
  /** As whom requests are sent. */
  readonly impersonation: Impersonation;
}

/** What a context, or Helm's flags alone, ask for. */
export interface ChosenContext {
  /** Undefined where neither the context nor Helm says one. */
  readonly namespace: string | undefined;
  /** API server. */
  readonly cluster: ClusterSettings;
  /** Credentials. */
  readonly user: UserSettings;
  /** Fields that nobody knows, one message each. */
  readonly warnings: readonly string[];
}

/** Reads the context that Helm names, or the current one. Throws ConnectionError where it cannot be used. */
export function chosenContext(
  kubeconfig: Kubeconfig | undefined,
  overrides: HelmOverrides,
): ChosenContext {
  const context = contextEntry(kubeconfig, overrides);
  const warnings: string[] = [];
  const names = fieldsOf("context", context, warnings);
  const [cluster, user] = [names.text("cluster"), names.text("user")];
  const clusterEntry = kubeconfig?.clusters.find(({ name }) => name === cluster);
  const userEntry = kubeconfig?.users.find(({ name }) => name === user);
  if (context !== undefined && clusterEntry === undefined && overrides.server === undefined) {
    throw new ConnectionError(`The context "${context.name}" names no cluster of the kubeconfig`);
  }
  if (user !== undefined && userEntry === undefined) {
    warnings.push(`The context "${context?.name}" names a user "${user}" that is not there`);
  }
  return {
    namespace: overrides.namespace ?? names.text("namespace"),
    cluster: clusterSettings(fieldsOf("cluster", clusterEntry, warnings), overrides),
    user: userSettings(fieldsOf("user", userEntry, warnings), userEntry, overrides),
    warnings,
  };
}

function fieldsOf(
  kind: "context" | "cluster" | "user",
  entry: KubeconfigEntry | undefined,
  warnings: string[],
): FieldReader {
  const title = `The kubeconfig's ${kind} "${entry?.name ?? ""}"`;
  return new FieldReader(title, entry?.fields ?? {}, warnings, kubeconfigFields[kind]);
}

function contextEntry(
  kubeconfig: Kubeconfig | undefined,
  overrides: HelmOverrides,
): KubeconfigEntry | undefined {
  if (kubeconfig === undefined) return undefined;
  const name = overrides.context ?? kubeconfig.currentContext;
  const context = kubeconfig.contexts.find((entry) => entry.name === name);
  if (context !== undefined) return context;
  if (overrides.context === undefined && overrides.server !== undefined) return undefined;
  const known = kubeconfig.contexts.map((entry) => `"${entry.name}"`).join(", ") || "none";
  throw new ConnectionError(
    name === undefined
      ? `The kubeconfig has no current context: choose one with --kube-context (there are: ${known})`
      : `The kubeconfig has no context "${name}" (there are: ${known})`,
  );
}

/** As client-go: an authority or a server that is given anew takes the old one's checks away. */
function clusterSettings(fields: FieldReader, overrides: HelmOverrides): ClusterSettings {
  const { server, caFile, insecure, tlsServerName } = overrides;
  const ofEntry = {
    ca: fields.pem("certificate-authority"),
    insecure: fields.flag("insecure-skip-tls-verify"),
  };
  const trust = insecure
    ? { ca: undefined, insecure: true }
    : caFile !== undefined
    ? { ca: { kind: "file", path: caFile } as const, insecure: false }
    : ofEntry;
  if (trust.ca !== undefined && trust.insecure) {
    throw new ConnectionError(
      `${fields.title} has an authority and insecure-skip-tls-verify: take one of them out`,
    );
  }
  const ofFlags = server !== undefined || tlsServerName !== undefined;
  return {
    server: server ?? fields.text("server"),
    ...trust,
    tlsServerName: ofFlags ? tlsServerName : fields.text("tls-server-name"),
    proxyUrl: fields.text("proxy-url"),
    disableCompression: fields.flag("disable-compression"),
    execConfig: fields.extension("client.authentication.k8s.io/exec"),
  };
}

function userSettings(
  fields: FieldReader,
  found: KubeconfigEntry | undefined,
  overrides: HelmOverrides,
): UserSettings {
  const [cert, key] = [fields.pem("client-certificate"), fields.pem("client-key")];
  if (cert !== undefined && key === undefined) {
    throw new ConnectionError(`${fields.title} has a client-certificate without a client-key`);
  }
  const [username, password] = [fields.text("username"), fields.text("password")];
  // Helm's token stands for all that the kubeconfig says of who one is.
  const isByToken = overrides.token !== undefined;
  const token = overrides.token ?? fields.text("token");
  const tokenFile = isByToken ? undefined : fields.text("tokenFile");
  const isBasic = !isByToken && (username ?? password) !== undefined;
  if (isBasic && (token ?? tokenFile) !== undefined) {
    throw new ConnectionError(`${fields.title} has a token and a username: take one of them out`);
  }
  const provider = fields.child("auth-provider");
  const exec = fields.child("exec", kubeconfigFields.exec);
  if (exec !== undefined && provider !== undefined) {
    throw new ConnectionError(`${fields.title} has exec and auth-provider: take one of them out`);
  }
  return {
    name: found?.name ?? "",
    file: found?.file,
    clientCertificate: cert === undefined || key === undefined ? undefined : { cert, key },
    token,
    tokenFile,
    basic: isBasic && username !== undefined ? { username, password: password ?? "" } : undefined,
    exec: exec === undefined ? undefined : execSettings(exec),
    authProvider: provider === undefined ? undefined : {
      name: provider.text("name") ?? "",
      config: provider.child("config")?.fields ?? {},
    },
    impersonation: impersonation(fields, overrides),
  };
}

function impersonation(fields: FieldReader, overrides: HelmOverrides): Impersonation {
  const wanted = {
    user: overrides.asUser ?? fields.text("as"),
    uid: fields.text("as-uid"),
    groups: overrides.asGroups.length > 0 ? overrides.asGroups : fields.texts("as-groups"),
    extra: fields.textsByKey("as-user-extra"),
  };
  const { user, uid, groups, extra } = wanted;
  const isMore = uid !== undefined || groups.length > 0 || Object.keys(extra).length > 0;
  if (user !== undefined || !isMore) return wanted;
  throw new ConnectionError(
    `${fields.title} asks for the uid, groups or extra of somebody else without "as": name the user, ` +
      "with as or --kube-as-user",
  );
}

const interactiveModes = ["Never", "IfAvailable", "Always"] as const;

function execSettings(exec: FieldReader): ExecSettings {
  const apiVersion = exec.text("apiVersion");
  const version = /^client\.authentication\.k8s\.io\/(v1|v1beta1)$/.exec(apiVersion ?? "")?.[1];
  if (apiVersion === undefined || version === undefined) {
    throw new ConnectionError(
      `${exec.title} has the apiVersion "${
        apiVersion ?? ""
      }": write client.authentication.k8s.io/v1 ` +
        "or v1beta1, as the plugin answers",
    );
  }
  const command = exec.text("command");
  if (command === undefined) throw new ConnectionError(`${exec.title} has no command`);
  const mode = exec.text("interactiveMode") ?? (version === "v1" ? "" : "IfAvailable");
  const interactiveMode = interactiveModes.find((one) => one === mode);
  if (interactiveMode === undefined) {
    throw new ConnectionError(
      `${exec.title} has the interactiveMode "${mode}": write one of ${
        interactiveModes.join(", ")
      }`,
    );
  }
  return {
    ...{ apiVersion, command, interactiveMode },
    args: exec.texts("args"),
    env: exec.variables("env"),
    installHint: exec.text("installHint"),
    provideClusterInfo: exec.flag("provideClusterInfo"),
  };
}
