/** The HTTP endpoints of the agent. @module */

import type { Log } from "../platform/log.ts";

/** Where to listen. */
export interface ListenAddress {
  /** Host name or IP address. */
  readonly hostname: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** What the endpoints answer from. */
export interface Endpoints {
  /** The exposition in UTF-8, in parts. */
  readonly metrics: () => AsyncIterable<Uint8Array>;
  /** Content type of the exposition. */
  readonly contentType: string;
  /** Undefined when ready, else the reason why not. */
  readonly unready: () => string | undefined;
}

/** Settings of {@linkcode serveHttp}. */
export interface HttpOptions {
  /** Tried in this order: the second is for machines where the first serves IPv6 alone, or nothing. */
  readonly addresses: readonly ListenAddress[];
  /** What is served. */
  readonly endpoints: Endpoints;
  /** Receives what failed. */
  readonly log: Log;
}

/**
 * Serves until the signal is aborted, on each address that can be had. Throws when none can, or when
 * somebody else has the port. The later address of a port is in use where the first takes both
 * families of IP, as "::" does unless net.ipv6.bindv6only is set.
 */
export function serveHttp(
  options: HttpOptions,
  signal: AbortSignal,
): readonly Deno.HttpServer<Deno.NetAddr>[] {
  const { addresses } = options;
  const servers: Deno.HttpServer<Deno.NetAddr>[] = [];
  const failures: unknown[] = [];
  for (const { hostname, port } of addresses) {
    try {
      servers.push(
        serveOn({ hostname, port: port || (servers[0]?.addr.port ?? 0) }, options, signal),
      );
    } catch (error) {
      if (error instanceof Deno.errors.AddrInUse && servers.length === 0) {
        throw new Error(`Port ${port} is in use: choose another with --listen`, { cause: error });
      }
      failures.push(error);
    }
  }
  if (servers.length > 0) return servers;
  const tried = addresses.map((address, index) => `${addressText(address)}: ${failures[index]}`);
  throw new AggregateError(failures, `Cannot listen on ${tried.join(" nor on ")}: see --listen`);
}

function serveOn(
  address: ListenAddress,
  { endpoints, log }: HttpOptions,
  signal: AbortSignal,
): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({
    hostname: address.hostname,
    port: address.port,
    signal,
    onListen: (bound) => log.info("Listening", { address: addressText(bound) }),
    onError: (error) => {
      log.error("Cannot answer a request", { cause: String(error) });
      return new Response("Internal error\n", { status: 500 });
    },
  }, (request) => answer(request, endpoints));
}

/** As --listen takes it. */
function addressText({ hostname, port }: ListenAddress): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

function answer(request: Request, endpoints: Endpoints): Response {
  if (request.method !== "GET" && request.method !== "HEAD") return text("Method not allowed", 405);
  // A Host that is none makes a URL that is none: the client's mistake, and no line in the log.
  switch (URL.parse(request.url)?.pathname) {
    case undefined:
      return text("Bad request", 400);
    case "/metrics":
      return new Response(
        ReadableStream.from(endpoints.metrics()),
        { headers: { "content-type": endpoints.contentType } },
      );
    case "/healthz":
      // An answer is all it can say: a restart would mend nothing else.
      return text("ok", 200);
    case "/readyz": {
      const reason = endpoints.unready();
      return reason === undefined ? text("ok", 200) : text(reason, 503);
    }
    case "/":
      return text("nodeping: see /metrics, /healthz and /readyz", 200);
    default:
      return text("Not found", 404);
  }
}

function text(body: string, status: number): Response {
  return new Response(`${body}\n`, { status });
}
