/** Sends HTTP requests to the API server. @module */

import type { Endpoint } from "./connection.ts";
import { sendRaw } from "./raw_http.ts";

/** A request to an API server. */
export interface HttpRequest {
  /** HTTP method. */
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path with query, beginning with a slash. */
  readonly path: string;
  /** Names in any case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Sent as it is, with its length. */
  readonly body?: string;
  /** Ends the request, and its answer. */
  readonly signal: AbortSignal;
}

/** Sends a request; rejects when there is no response. */
export interface Transport extends Disposable {
  /** Resolves once the headers are there; rejects when the server cannot be reached. */
  readonly send: (endpoint: Endpoint, request: HttpRequest) => Promise<Response>;
}

/**
 * A transport that keeps connections open between requests. `fetch` does the work (HTTP/2,
 * HTTPS_PROXY) where it can.
 */
export function makeTransport(): Transport {
  let kept: { readonly key: string; readonly client: Deno.HttpClient } | undefined;
  const clientFor = (endpoint: Endpoint): Deno.HttpClient => {
    const { ca, clientCertificate } = endpoint;
    const key = JSON.stringify([ca, clientCertificate]);
    if (kept?.key === key) return kept.client;
    kept?.client.close();
    const options = {
      ...(ca === undefined ? {} : { caCerts: [ca] }),
    };
    const client = clientCertificate === undefined
      ? Deno.createHttpClient(options)
      : Deno.createHttpClient({ ...options, ...clientCertificate });
    kept = { key, client };
    return client;
  };
  return {
    send: async (endpoint, request) => {
      if (needsRaw(endpoint)) return await sendRaw(endpoint, request);
      return await fetch(endpoint.server + request.path, {
        method: request.method,
        headers: [...endpoint.headers, ...request.headers].map(([name, value]) => [name, value]),
        signal: request.signal,
        client: clientFor(endpoint),
        redirect: "manual",
        ...(request.body === undefined ? {} : { body: request.body }),
      });
    },
    [Symbol.dispose]: () => {
      kept?.client.close();
      kept = undefined;
    },
  };
}

function needsRaw(endpoint: Endpoint): boolean {
  if (!endpoint.server.startsWith("https:")) return false;
  const names = endpoint.headers.map(([name]) => name.toLowerCase());
  return endpoint.insecure || endpoint.tlsServerName !== undefined ||
    new Set(names).size < names.length;
}
