/** Which API server is meant: what a request needs to know of it, and the variables by which Helm, or a proxy, points at it. @module */

import { BlockList, isIP } from "node:net";
import { withoutPassword } from "../flags.ts";

/** Everything that one request needs to know of the API server. */
export interface Endpoint {
  /** Base URL without a slash at its end; it may have a path. */
  readonly server: string;
  /** Authorization and impersonation; a name may stand more than once. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** PEM text of the certificate authorities, the only ones that are trusted; the system's when absent. */
  readonly ca?: string;
  /** PEM texts of the client certificate and its key. */
  readonly clientCertificate?: { readonly cert: string; readonly key: string };
  /** Name that the server's certificate must carry, where it is not the URL's host. */
  readonly tlsServerName?: string;
  /** True when the server's certificate is not checked. */
  readonly insecure: boolean;
  /** URL of the proxy that leads to the server; http, https or socks5. */
  readonly proxy?: string;
}

/** A cluster, as Helm was pointed at it. */
export interface Connection {
  /** Namespace to work in. */
  readonly namespace: string;
  /** The endpoint with the credentials of now; given the one that was answered with 401, a newer one. */
  readonly endpoint: (refused?: Endpoint) => Promise<Endpoint>;
}

/** Reads a variable of the environment. */
export type ReadEnv = (name: string) => string | undefined;

/** The cluster cannot be reached as the environment stands; the message says what to set. */
export class ConnectionError extends Error {
  /** The class's name, which a bundle shortens. */
  override readonly name = "ConnectionError";
}

/** Flags of Helm that win over the kubeconfig. */
export interface HelmOverrides {
  /** --kube-context: name of a context of the kubeconfig. */
  readonly context: string | undefined;
  /** --kube-apiserver: URL. */
  readonly server: string | undefined;
  /** --kube-token. */
  readonly token: string | undefined;
  /** --kube-as-user. */
  readonly asUser: string | undefined;
  /** --kube-as-group, each. */
  readonly asGroups: readonly string[];
  /** --kube-ca-file: path. */
  readonly caFile: string | undefined;
  /** --kube-insecure-skip-tls-verify. */
  readonly insecure: boolean;
  /** --kube-tls-server-name. */
  readonly tlsServerName: string | undefined;
  /** --namespace. */
  readonly namespace: string | undefined;
}

/** Reads what `helm --kube-context ... nodeping` became in the environment (Helm 3 and 4). */
export function helmOverrides(env: ReadEnv): HelmOverrides {
  const text = (name: string) => env(name) || undefined;
  return {
    context: text("HELM_KUBECONTEXT"),
    server: text("HELM_KUBEAPISERVER")?.replace(/\/+$/, ""),
    token: text("HELM_KUBETOKEN"),
    asUser: text("HELM_KUBEASUSER"),
    asGroups: (env("HELM_KUBEASGROUPS") ?? "").split(",").filter((group) => group !== ""),
    caFile: text("HELM_KUBECAFILE"),
    insecure: /^(1|t|true)$/i.test(env("HELM_KUBEINSECURE_SKIP_TLS_VERIFY") ?? ""),
    tlsServerName: text("HELM_KUBETLS_SERVER_NAME"),
    namespace: text("HELM_NAMESPACE"),
  };
}

const schemes = ["http:", "https:", "socks5:"];

/**
 * URL of the proxy: kubeconfig's proxy-url, else the variables, as Go's net/http reads them.
 * Undefined where the server is reached directly. Throws ConnectionError for a text that is no URL of
 * a proxy: going directly instead might lead nowhere, or around somebody's rules.
 */
export function proxyFor(
  server: string,
  proxyUrl: string | undefined,
  env: ReadEnv,
): string | undefined {
  if (proxyUrl !== undefined) return checkedProxyUrl("The kubeconfig's proxy-url", proxyUrl);
  const target = new URL(server);
  const name = target.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const found = env(name) || env(name.toLowerCase());
  if (!found) return undefined;
  const excluded = env("NO_PROXY") || env("no_proxy") || "";
  if (isExcluded(target, excluded)) return undefined;
  // curl's word for a proxy that resolves the host's name, as all do here.
  const url = found.replace(/^socks5h:/i, "socks5:");
  return checkedProxyUrl(name, url.includes("://") ? url : `http://${url}`);
}

function checkedProxyUrl(title: string, text: string): string {
  const url = URL.parse(text);
  if (url !== null && schemes.includes(url.protocol) && url.hostname !== "") return text;
  throw new ConnectionError(
    `${title} is "${withoutPassword(text)}": write a URL of http, https or socks5, such as ` +
      "http://proxy.example:3128",
  );
}

/** Loopback never goes through a proxy, nor does what NO_PROXY lists: hosts, domains, addresses, CIDRs or "*". */
function isExcluded(url: URL, list: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  if (host === "localhost" || isLoopback(host)) return true;
  return list.toLowerCase().split(",").map((entry) => entry.trim())
    .some((entry) => entry !== "" && matches(entry, host, port));
}

function isLoopback(host: string): boolean {
  return host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry === "*") return true;
  const [, address, bits] = /^([^/]+)\/(\d+)$/.exec(entry) ?? [];
  if (address !== undefined) return isInSubnet(host, address, Number(bits));
  const [, name = "", wantedPort] = isIP(entry) === 6
    ? ["", entry]
    : /^\[?(.*?)\]?(?::(\d+))?$/.exec(entry) ?? [];
  if (wantedPort !== undefined && wantedPort !== port) return false;
  if (isIP(name) !== 0) return name === host;
  // ".example.com" and "*.example.com" are the hosts below; "example.com" is itself as well.
  const domain = name.replace(/^\*?\./, "");
  return host.endsWith(`.${domain}`) || (domain === name && host === name);
}

function isInSubnet(host: string, address: string, bits: number): boolean {
  const family = isIP(address);
  if (family === 0 || isIP(host) !== family || bits > (family === 4 ? 32 : 128)) return false;
  const type = family === 4 ? "ipv4" : "ipv6";
  const subnet = new BlockList();
  subnet.addSubnet(address, bits, type);
  return subnet.check(host, type);
}
