/** Sends HTTP requests over node:https, on connections that are kept between requests. @module */

import { X509Certificate } from "node:crypto";
import http from "node:http";
import https from "node:https";
import { isIP, Socket } from "node:net";
import { pipeline } from "node:stream";
import { connect } from "node:tls";
import type { IncomingMessage } from "node:http";
import type { Duplex, Readable } from "node:stream";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import { createGunzip } from "node:zlib";
import { ConnectionError } from "./endpoint.ts";
import type { Endpoint } from "./endpoint.ts";

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
  /** The header Retry-After as it came. */
  readonly retryAfter?: string;
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
  const host = hostOf(server);
  const serverName = tlsServerName ?? (isIP(host) === 0 ? host : undefined);
  const tls = {
    rejectUnauthorized: !insecure,
    ...(serverName === undefined ? {} : { servername: serverName }),
    ...(ca === undefined ? {} : { ca }),
    ...clientCertificate,
  };
  if (proxy === undefined) {
    return isPlain ? new http.Agent({ keepAlive: true }) : new DirectAgent(tls);
  }
  if (proxy.startsWith("socks5:")) {
    return isPlain ? new PlainSocksAgent(proxy) : new SocksAgent(proxy, tls);
  }
  return isPlain
    ? new http.Agent({ keepAlive: true, proxyEnv: { HTTP_PROXY: proxy } })
    : new https.Agent({ keepAlive: true, proxyEnv: { HTTPS_PROXY: proxy }, ...tls });
}

/** Without the brackets of an IPv6 address. */
function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, "");
}

/** What an agent is asked to connect to. */
interface Target {
  readonly host?: string | null;
  readonly port?: number | string | null;
}

type Connected = (error: Error | null, stream: Duplex) => void;

/** Connects by itself: Deno 2.7's own agent heeds neither a TLS server name nor an unchecked certificate. */
class DirectAgent extends https.Agent {
  readonly #tls: ConnectionOptions;

  constructor(tls: ConnectionOptions) {
    super({ keepAlive: true });
    this.#tls = tls;
  }

  override createConnection({ host, port }: Target): Duplex {
    const { ca, rejectUnauthorized } = this.#tls;
    const socket = connect({ ...this.#tls, host: host ?? "localhost", port: Number(port ?? 443) });
    if (typeof ca === "string" && rejectUnauthorized) trustOnly(ca, socket);
    return socket;
  }
}

/** Connects through a SOCKS5 proxy, which resolves the host's name. */
class SocksAgent extends https.Agent {
  readonly #proxy: string;
  readonly #tls: ConnectionOptions;

  constructor(proxy: string, tls: ConnectionOptions) {
    super({ keepAlive: true });
    this.#proxy = proxy;
    this.#tls = tls;
  }

  override createConnection(target: Target, done?: Connected): undefined {
    socksSocket(this.#proxy, target, 443).then(
      (socket) => void done?.(null, connect({ ...this.#tls, socket })),
      (error: Error) => void done?.(error, new Socket()),
    );
  }
}

/** The same for a server without TLS. */
class PlainSocksAgent extends http.Agent {
  readonly #proxy: string;

  constructor(proxy: string) {
    super({ keepAlive: true });
    this.#proxy = proxy;
  }

  override createConnection(target: Target, done?: Connected): undefined {
    socksSocket(this.#proxy, target, 80).then(
      (socket) => void done?.(null, socket),
      (error: Error) => void done?.(error, new Socket()),
    );
  }
}

async function socksSocket(proxy: string, target: Target, defaultPort: number): Promise<Socket> {
  const { SocksClient } = await import("socks");
  const { port, username, password } = new URL(proxy);
  const { socket } = await SocksClient.createConnection({
    proxy: {
      ...{ type: 5, host: hostOf(proxy), port: Number(port || 1080) },
      ...(username === ""
        ? {}
        : { userId: decodeURIComponent(username), password: decodeURIComponent(password) }),
    },
    command: "connect",
    destination: { host: target.host ?? "localhost", port: Number(target.port ?? defaultPort) },
  });
  return socket;
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
    const lines = [...endpoint.headers, ...headers]
      .map(([name, value]) => [name, latin1OfUtf8(value)] as const);
    // Before anything is begun: a value with a line feed would make a header line of its own.
    for (const [name, value] of lines) http.validateHeaderValue(name, value);
    const sent = begin(url, { agent, method });
    // One by one: Deno 2.7 joins the values of a list to one line, and a group to another.
    for (const [name, value] of lines) sent.appendHeader(name, value);
    if (bytes !== undefined) sent.setHeader("Content-Length", String(bytes.length));
    const abort = () => void sent.destroy(signal.reason);
    signal.addEventListener("abort", abort);
    const settle = () => signal.removeEventListener("abort", abort);
    sent.on("error", (error) => {
      settle();
      reject(signal.aborted ? signal.reason : explainedReset(error));
    });
    sent.on("response", (message) => {
      settle();
      const retryAfter = message.headers["retry-after"];
      resolve({
        status: message.statusCode ?? 0,
        ...(retryAfter === undefined ? {} : { retryAfter }),
        body: bodyOf(message, signal),
      });
    });
    sent.end(bytes);
  });
}

/** Node.js writes header lines as Latin-1: their characters are made the bytes of UTF-8. */
function latin1OfUtf8(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

async function* bodyOf(message: IncomingMessage, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const abort = () => void message.destroy(signal.reason);
  signal.addEventListener("abort", abort);
  const settle = whileRead(message);
  try {
    signal.throwIfAborted();
    for await (const bytes of decoded(message)) yield bytes;
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener("abort", abort);
    settle();
  }
}

/** Compressed only where the request asked for it. */
function decoded(message: IncomingMessage): Readable {
  if (message.headers["content-encoding"] !== "gzip") return message;
  // What fails is thrown to who reads.
  return pipeline(message, createGunzip(), () => {});
}

/*
 * What follows is for Deno 2.7 alone, with which programs are compiled where a newer runtime cannot be
 * had: its node:https lacks what is refused or done by hand here.
 */

const isDeno27 = Deno.version.deno.startsWith("2.7.");

/** Throws for what this runtime cannot do: tunnel TLS through a proxy. */
function refuseUnsupported({ proxy }: Endpoint): void {
  if (!isDeno27 || proxy === undefined) return;
  throw new ConnectionError(
    `A program built with Deno ${Deno.version.deno} cannot work with a proxy (proxy-url, HTTPS_PROXY): ` +
      "use one built with Deno 2.9, or run the plugin from source",
  );
}

/**
 * Ends the connection before anything is sent on it, unless one of the authorities (PEM) has signed the
 * server's certificate itself: this runtime trusts the machine's authorities beside those given, and does
 * not show the certificates between.
 */
function trustOnly(authorities: string, socket: TLSSocket): void {
  if (!isDeno27) return;
  // Before the listener that sends the request.
  socket.prependListener("secureConnect", () => {
    const { raw } = socket.getPeerCertificate();
    const server = new X509Certificate(raw);
    const blocks = authorities.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
    const isTrusted = (blocks ?? []).map((block) => new X509Certificate(block))
      .some((authority) => server.checkIssued(authority) && server.verify(authority.publicKey));
    if (!isTrusted) socket.destroy();
  });
}

/** A failed handshake looks like any other end of a connection: the message says what it may be. */
function explainedReset(error: Error): Error {
  if (!isDeno27 || error.message !== "socket hang up") return error;
  const message =
    "the connection was closed, or the server's certificate is not trusted: is it for " +
    "this name, and has the authority that is given signed it itself?";
  return Object.assign(new Error(message, { cause: error }), { code: "ECONNRESET" });
}

/** A response whose body is being read. */
interface Body {
  /** Ends the reading with the error. */
  readonly destroy: (error: Error) => unknown;
}

const bodies = new Set<Body>();

if (isDeno27) {
  globalThis.addEventListener("unhandledrejection", (event) => {
    const { reason } = event;
    // A body that is given up.
    if (reason instanceof Deno.errors.Interrupted) event.preventDefault();
    // A connection that breaks: the reader of the body does not see that, and would wait for ever.
    if (!(reason instanceof TypeError && /reading a body/.test(reason.message))) return;
    event.preventDefault();
    for (const body of bodies) body.destroy(reason);
  });
}

/** Registers a body while it is read; what it gives back is called at the end. */
function whileRead(body: Body): () => void {
  if (!isDeno27) return () => {};
  bodies.add(body);
  return () => void bodies.delete(body);
}
