/** Which API server is talked to, and as whom. @module */

/** Everything that one request needs to know of the API server. */
export interface Endpoint {
  /** Base URL without a slash at its end. */
  readonly server: string;
  /** Authorization and impersonation; a name may stand more than once. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** PEM text of the certificate authority; the system's authorities when absent. */
  readonly ca?: string;
  /** PEM texts of the client certificate and its key. */
  readonly clientCertificate?: { readonly cert: string; readonly key: string };
  /** Name that the server's certificate must carry, where it is not the URL's host. */
  readonly tlsServerName?: string;
  /** True when the server's certificate is not checked. */
  readonly insecure: boolean;
}

/** A cluster, as Helm was pointed at it. */
export interface Connection {
  /** Namespace to work in. */
  readonly namespace: string;
  /** Credentials of now; with `renew` they are read anew, since the last ones were refused. */
  readonly endpoint: (renew?: boolean) => Promise<Endpoint>;
}

/** Reads a variable of the environment. */
export type ReadEnv = (name: string) => string | undefined;

/** No cluster can be talked to as the environment stands; the message says what to set. */
export class ConnectionError extends Error {
  /** The class's name, which a bundle shortens. */
  override readonly name = "ConnectionError";
}
