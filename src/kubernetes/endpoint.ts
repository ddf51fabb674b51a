/** What one request needs to know of an API server, and where that comes from: the contract of this folder. @module */

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
