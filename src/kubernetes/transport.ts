/** Sends HTTP requests to the API server. @module */

import { isIP } from "node:net";
import { connect } from "node:tls";
import type { TLSSocket } from "node:tls";
import type { Endpoint } from "./credentials.ts";
import { ResponseParser } from "./raw_response.ts";

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

/** Sends the request on a connection of its own; rejects when no response head arrives. */
export function sendRaw(endpoint: Endpoint, request: HttpRequest): Promise<Response> {
  return new Promise((resolve, reject) => {
    const url = new URL(endpoint.server + request.path);
    // Made first: what is thrown in a socket's event ends the program.
    const text = requestText(endpoint, request, url);
    const socket = open(endpoint, url);
    const abort = () => fail(request.signal.reason);
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    let isOver = false;
    const end = (): boolean => {
      if (isOver) return false;
      isOver = true;
      request.signal.removeEventListener("abort", abort);
      socket.destroy();
      return true;
    };
    const fail = (error: unknown) => {
      if (!end()) return;
      if (controller === undefined) reject(error);
      else controller.error(error);
    };
    const parser = new ResponseParser({
      head: (status, headers) => {
        const body = new ReadableStream<Uint8Array>({
          start: (given) => void (controller = given),
          cancel: () => void end(),
        });
        const isEmpty = status === 204 || status === 304;
        resolve(new Response(isEmpty ? null : body, { status, headers }));
      },
      body: (bytes) => controller?.enqueue(bytes),
      end: () => end() && controller?.close(),
    });
    request.signal.addEventListener("abort", abort);
    socket.on("secureConnect", () => socket.write(text));
    socket.on("data", (bytes: Uint8Array) => {
      try {
        if (!isOver) parser.push(new Uint8Array(bytes));
      } catch (error) {
        fail(error);
      }
    });
    socket.on("error", fail);
    socket.on("close", () => {
      if (!isOver && !parser.finish()) fail(new Error("The server closed the connection"));
    });
    if (request.signal.aborted) abort();
  });
}

function open(endpoint: Endpoint, url: URL): TLSSocket {
  const { ca, clientCertificate } = endpoint;
  if (clientCertificate !== undefined && Deno.version.deno.startsWith("2.4.")) {
    throw new Error(
      "A program built with Deno 2.4 cannot send a client certificate together with a TLS server " +
        "name, an unchecked certificate or several groups: use a token, or a build with Deno 2.9",
    );
  }
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const serverName = endpoint.tlsServerName ?? (isIP(host) === 0 ? host : undefined);
  return connect({
    host,
    port: Number(url.port || 443),
    rejectUnauthorized: !endpoint.insecure,
    ...(serverName === undefined ? {} : { servername: serverName }),
    ...(ca === undefined ? {} : { ca }),
    ...clientCertificate,
  });
}

function requestText(endpoint: Endpoint, request: HttpRequest, url: URL): Uint8Array {
  const encoder = new TextEncoder();
  const body = encoder.encode(request.body ?? "");
  const lines = [
    `${request.method} ${url.pathname}${url.search} HTTP/1.1`,
    `Host: ${url.host}`,
    "Connection: close",
    `Content-Length: ${body.length}`,
    ...[...endpoint.headers, ...request.headers].map(([name, value]) => {
      if (/[\r\n]/.test(name + value)) throw new TypeError(`Header "${name}" holds a line break`);
      return `${name}: ${value}`;
    }),
  ];
  const head = encoder.encode(`${lines.join("\r\n")}\r\n\r\n`);
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  return bytes;
}
