/**
 * HTTP/1.1 over node:tls, for what neither `fetch` nor the node:https of Deno 2.4.2 can do: another
 * TLS server name, an unchecked certificate, and a header that stands more than once
 * (Impersonate-Group). Tried on Deno 2.4.2 and 2.9.6 against kube-apiserver 1.36.
 *
 * @module
 */

import { isIP } from "node:net";
import { connect } from "node:tls";
import type { TLSSocket } from "node:tls";
import type { Endpoint } from "./connection.ts";
import type { HttpRequest } from "./transport.ts";
import { ResponseParser } from "./raw_response.ts";

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
