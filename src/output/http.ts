/**
 * The HTTP endpoints of the agent. Whatever clients ask, its memory is bounded; who asks nothing is
 * not limited: 6 kB a connection. node:http could do that (maxConnections, headersTimeout), but
 * costs the agent 5 MB, as much as 900 such connections, and heeds neither on Deno 2.7.11.
 *
 * @module
 */

import { invalid } from "../flags.ts";
import { systemClock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";

/** Where to listen. */
export interface ListenAddress {
  /** Host name or IP address. */
  readonly hostname: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** What --listen takes, of the agent and of the sync in the cluster. */
export const listenAddress = {
  placeholder: "[HOST]:PORT",
  remedy: 'HOST:PORT such as "0.0.0.0:10927" or "[::]:10927"',
  read: readListenAddresses,
};

/**
 * Without a host: all addresses of both families; of IPv4 alone where the node has
 * IPv6 switched off.
 */
function readListenAddresses(text: string): readonly ListenAddress[] | typeof invalid {
  const match = /^(?:\[([\da-fA-F:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) return invalid;
  const hostname = match[1] ?? match[2] ?? "";
  return (hostname === "" ? ["::", "0.0.0.0"] : [hostname])
    .map((hostname) => ({ hostname, port }));
}

/** What the endpoints answer from. */
export interface Endpoints {
  /** The exposition in UTF-8, in parts: all families, or those of these names. */
  readonly metrics: (names?: ReadonlySet<string>) => AsyncIterable<Uint8Array>;
  /** Content type of the exposition. */
  readonly contentType: string;
  /** Undefined when ready, else the reason why not. */
  readonly unready: () => string | undefined;
}

/** Settings of {@linkcode serveHttp}. */
export interface HttpOptions {
  /**
   * Tried in this order: the second is for machines where the first serves IPv6 alone, or nothing.
   */
  readonly addresses: readonly ListenAddress[];
  /** What is served. */
  readonly endpoints: Endpoints;
  /** Receives what failed. */
  readonly log: Log;
  /** A client that takes nothing of /metrics for so long is dropped. */
  readonly maxIdleMs?: number;
}

/** Each holds a whole exposition until it is read; more get 503, which readers may try again. */
const maxMetricsRequests = 20;
const defaultMaxIdleMs = 10_000;
/**
 * What the kernel has taken of an answer costs this program nothing once the connection is over.
 */
const closing = { connection: "close" };
/** However slowly a client reads, it is not waited for longer. */
const maxAnswerMs = 60_000;

/**
 * Serves until the signal is aborted, on each address that can be had. Throws when none can, or
 * when somebody else has the port. The later address of a port is in use where the first takes both
 * families of IP, as "::" does unless net.ipv6.bindv6only is set.
 */
export function serveHttp(
  options: HttpOptions,
  signal: AbortSignal,
): readonly Deno.HttpServer<Deno.NetAddr>[] {
  const { addresses } = options;
  const answer = makeAnswer(options);
  const servers: Deno.HttpServer<Deno.NetAddr>[] = [];
  const failures: unknown[] = [];
  for (const { hostname, port } of addresses) {
    try {
      servers.push(
        serveOn(
          { hostname, port: port || (servers[0]?.addr.port ?? 0) },
          answer,
          options.log,
          signal,
        ),
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
  answer: (request: Request) => Response,
  log: Log,
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
  }, answer);
}

/** As --listen takes it. */
function addressText({ hostname, port }: ListenAddress): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

/** All addresses together have one limit of /metrics; /healthz and /readyz have none. */
function makeAnswer(
  { endpoints, maxIdleMs = defaultMaxIdleMs }: HttpOptions,
): (request: Request) => Response {
  let open = 0;
  const metrics = (request: Request, url: URL): Response => {
    const isCompressed = takesGzip(request);
    const headers = {
      "content-type": endpoints.contentType,
      ...closing,
      vary: "accept-encoding",
      ...(isCompressed ? { "content-encoding": "gzip" } : {}),
    };
    if (request.method === "HEAD") return new Response(null, { headers });
    if (open >= maxMetricsRequests) {
      return text("Too many requests at a time: try again", 503, closing);
    }
    const names = url.searchParams.getAll("name[]");
    const parts = endpoints.metrics(names.length === 0 ? undefined : new Set(names));
    const body = isCompressed ? compressed(parts) : parts;
    open++;
    return new Response(boundedBody(body, maxIdleMs, () => void open--), { headers });
  };
  return (request) => {
    const { method } = request;
    if (method !== "GET" && method !== "HEAD") return text("Method not allowed", 405);
    const url = URL.parse(request.url);
    switch (url?.pathname) {
      case "/metrics":
        return metrics(request, url);
      case "/healthz":
        // An answer is all it can say: a restart would mend nothing else.
        return text("ok", 200);
      case "/readyz": {
        const reason = endpoints.unready();
        return reason === undefined ? text("ok", 200) : text(reason, 503);
      }
      case "/":
        return text("nodeping: see /metrics, /healthz and /readyz", 200);
      case undefined:
        // A Host that is none makes a URL that is none: the client's mistake, and no line
        // in the log.
        return text("Bad request", 400);
      default:
        return text("Not found", 404);
    }
  };
}

/** RFC 9110, 12.4.2: named, and not with a weight of zero. */
function takesGzip(request: Request): boolean {
  const codings = (request.headers.get("accept-encoding") ?? "").toLowerCase().split(",");
  return codings.some((coding) => {
    const [name, weight = "q=1"] = coding.split(";").map((part) => part.trim());
    return name === "gzip" && /^q=[01](\.\d{0,3})?$/.test(weight) && Number(weight.slice(2)) > 0;
  });
}

function compressed(parts: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const source = ReadableStream.from(parts) as ReadableStream<Uint8Array<ArrayBuffer>>;
  return source.pipeThrough(new CompressionStream("gzip"));
}

/** Gives away the parts as the client takes them, and fails where it takes none. */
function boundedBody(
  parts: AsyncIterable<Uint8Array>,
  maxIdleMs: number,
  onEnd: () => void,
): ReadableStream<Uint8Array> {
  const iterator = parts[Symbol.asyncIterator]();
  const endMs = systemClock.monotonicMs() + maxAnswerMs;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  const end = (): void => {
    clearTimeout(timer);
    if (isOver) return;
    isOver = true;
    onEnd();
    iterator.return?.().catch(() => undefined);
  };
  const guard = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      end();
      controller.error(new Error("The client does not read"));
    }, Math.min(maxIdleMs, endMs - systemClock.monotonicMs()));
  };
  return new ReadableStream<Uint8Array>({
    start: guard,
    pull: async (controller) => {
      guard(controller);
      try {
        const { done, value } = await iterator.next();
        if (isOver) return;
        if (!done) return controller.enqueue(value);
        end();
        controller.close();
      } catch (error) {
        end();
        controller.error(error);
      }
    },
    cancel: end,
  }, { highWaterMark: 0 });
}

function text(body: string, status: number, headers: HeadersInit = {}): Response {
  return new Response(`${body}\n`, { status, headers });
}
