/** Sends HTTP requests over node:https, on connections that are kept between requests. @module */

import http from "node:http";
import https from "node:https";
import { isIP } from "node:net";
import { connect } from "node:tls";
import type { IncomingMessage } from "node:http";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import type { Endpoint } from "./endpoint.ts";
import { explainedReset, refuseUnsupported, whileRead } from "./stand_in_runtime.ts";

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

/** The answer to a request, as soon as its head is there. */
export interface HttpResponse {
  /** HTTP status. */
  readonly status: number;
  /** The body as it comes; it must be read to its end, or left by `return`, or the connection stays in use. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Sends requests; dispose of it to close its connections. */
export interface Transport extends Disposable {
  /** Resolves once the head is there; rejects when the server cannot be reached. */
  readonly send: (endpoint: Endpoint, request: HttpRequest) => Promise<HttpResponse>;
}

/** Makes a transport. Credentials that change get connections of their own. */
export function makeTransport(): Transport {
  let kept: { readonly key: string; readonly agent: http.Agent } | undefined;
  const agentFor = (endpoint: Endpoint): http.Agent => {
    const { server, ca, clientCertificate, tlsServerName, insecure, proxy } = endpoint;
    const key = JSON.stringify([server, ca, clientCertificate, tlsServerName, insecure, proxy]);
    if (kept?.key === key) return kept.agent;
    // Requests under way, such as a watch, finish on the connections of before.
    if (kept !== undefined) closeIdle(kept.agent);
    kept = { key, agent: makeAgent(endpoint) };
    return kept.agent;
  };
  return {
    send: async (endpoint, request) => {
      refuseUnsupported(endpoint);
      return await exchange(agentFor(endpoint), endpoint, request);
    },
    [Symbol.dispose]: () => {
      kept?.agent.destroy();
      kept = undefined;
    },
  };
}

function closeIdle({ freeSockets }: http.Agent): void {
  for (const sockets of Object.values(freeSockets)) {
    for (const socket of sockets ?? []) socket.destroy();
  }
}

/** How connections to the endpoint are made. */
function makeAgent(endpoint: Endpoint): http.Agent {
  const { server, ca, clientCertificate, tlsServerName, insecure, proxy } = endpoint;
  const isPlain = server.startsWith("http:");
  const proxied = proxy === undefined
    ? {}
    : { proxyEnv: isPlain ? { HTTP_PROXY: proxy } : { HTTPS_PROXY: proxy } };
  const options = { keepAlive: true, ...proxied };
  if (isPlain) return new http.Agent(options);
  const host = hostOf(new URL(server));
  const serverName = tlsServerName ?? (isIP(host) === 0 ? host : undefined);
  const tls = {
    rejectUnauthorized: !insecure,
    ...(serverName === undefined ? {} : { servername: serverName }),
    ...(ca === undefined ? {} : { ca }),
    ...clientCertificate,
  };
  return proxy === undefined ? new DirectAgent(tls) : new https.Agent({ ...options, ...tls });
}

/** Without the brackets of an IPv6 address. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "");
}

/** Connects by itself: Deno 2.7's own agent heeds neither a TLS server name nor an unchecked certificate. */
class DirectAgent extends https.Agent {
  readonly #tls: ConnectionOptions;

  constructor(tls: ConnectionOptions) {
    super({ keepAlive: true });
    this.#tls = tls;
  }

  override createConnection(
    { host, port }: { readonly host?: string | null; readonly port?: number | string | null },
  ): TLSSocket {
    return connect({ ...this.#tls, host: host ?? "localhost", port: Number(port ?? 443) });
  }
}

function exchange(
  agent: http.Agent,
  endpoint: Endpoint,
  request: HttpRequest,
): Promise<HttpResponse> {
  const { method, path, headers, body, signal } = request;
  const url = new URL(endpoint.server + path);
  const begin = url.protocol === "http:" ? http.request : https.request;
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    // As bytes: beside a text, Node.js would encode the header lines as it encodes the text.
    const bytes = body === undefined ? undefined : new TextEncoder().encode(body);
    const sent = begin(url, {
      ...{ agent, method },
      headers: headerLines([...endpoint.headers, ...headers], bytes?.length),
    });
    const abort = () => void sent.destroy(signal.reason);
    signal.addEventListener("abort", abort);
    const settle = () => signal.removeEventListener("abort", abort);
    sent.on("error", (error) => {
      settle();
      reject(signal.aborted ? signal.reason : explainedReset(error));
    });
    sent.on("response", (message) => {
      settle();
      resolve({ status: message.statusCode ?? 0, body: bodyOf(message, signal) });
    });
    sent.end(bytes);
  });
}

/** Node.js writes header lines as Latin-1: their characters are made the bytes of UTF-8. */
function headerLines(
  headers: HttpRequest["headers"],
  length: number | undefined,
): Record<string, string | string[]> {
  const values = Map.groupBy(headers, ([name]) => name);
  const lines = [...values].map(([name, named]): [string, string | string[]] => {
    const [only = "", ...more] = named.map(([, value]) => latin1OfUtf8(value));
    return [name, more.length === 0 ? only : [only, ...more]];
  });
  return {
    ...Object.fromEntries(lines),
    ...(length === undefined ? {} : { "Content-Length": String(length) }),
  };
}

function latin1OfUtf8(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

async function* bodyOf(message: IncomingMessage, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const abort = () => void message.destroy(signal.reason);
  signal.addEventListener("abort", abort);
  const settle = whileRead(message);
  try {
    signal.throwIfAborted();
    for await (const bytes of message) yield bytes;
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener("abort", abort);
    settle();
  }
}
