/**
 * The HTTP endpoints of the agent; whatever clients do, its memory is bounded. Deno.serve limits neither
 * how many connections there are nor how long they take: 3,000 that ask nothing cost the agent its pod's
 * memory. node:http could (maxConnections, headersTimeout), but costs 5 MB, and heeds neither on Deno
 * 2.7.11. So one request a connection is read here, of the little of HTTP/1.1 that a GET without a body is.
 * Deno 2.7.11 ends no write that a client does not take: there such a one keeps its place among the
 * answers of /metrics.
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

/** Without a host: all addresses of both families; of IPv4 alone where the node has IPv6 switched off. */
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
  /** Tried in this order: the second is for machines where the first serves IPv6 alone, or nothing. */
  readonly addresses: readonly ListenAddress[];
  /** What is served. */
  readonly endpoints: Endpoints;
  /** Receives what failed. */
  readonly log: Log;
  /** A client that has not asked, or takes nothing of its answer, for so long is dropped. */
  readonly maxIdleMs?: number;
}

/** An address that is served. */
export interface HttpServer {
  /** As bound. */
  readonly addr: Deno.NetAddr;
  /** Resolves when the server has ended. */
  readonly finished: Promise<void>;
}

/** Each holds a whole exposition until it is read; more get 503, which readers may try again. */
const maxMetricsRequests = 20;
/** Connections that have not asked yet: where one more comes, the oldest is dropped. */
const maxWaiting = 200;
/** Of the request line and the headers. */
const maxHeadBytes = 16 * 1024;
const defaultMaxIdleMs = 10_000;
/** However slowly a client reads, it is not waited for longer. */
const maxAnswerMs = 60_000;
/** Before the next try, where the system has no connection to give. */
const acceptPauseMs = 1000;

/**
 * Serves until the signal is aborted, on each address that can be had. Throws when none can, or when
 * somebody else has the port. The later address of a port is in use where the first takes both
 * families of IP, as "::" does unless net.ipv6.bindv6only is set.
 */
export function serveHttp(
  options: HttpOptions,
  signal: AbortSignal,
): readonly HttpServer[] {
  const { addresses, log } = options;
  const serve = makeConnectionServer(options, signal);
  const servers: HttpServer[] = [];
  const failures: unknown[] = [];
  for (const { hostname, port } of addresses) {
    try {
      const address = { hostname, port: port || (servers[0]?.addr.port ?? 0) };
      servers.push(serveOn(address, serve, log, signal));
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
  serve: (connection: Deno.TcpConn) => void,
  log: Log,
  signal: AbortSignal,
): HttpServer {
  const listener = Deno.listen({ hostname: address.hostname, port: address.port });
  const addr = listener.addr as Deno.NetAddr;
  log.info("Listening", { address: addressText(addr) });
  signal.addEventListener("abort", () => listener.close(), { once: true });
  return { addr, finished: acceptAll(listener, serve, log, signal) };
}

async function acceptAll(
  listener: Deno.TcpListener,
  serve: (connection: Deno.TcpConn) => void,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      serve(await listener.accept());
    } catch (error) {
      if (signal.aborted) return;
      log.error("Cannot take a connection", { cause: String(error) });
      await systemClock.sleep(acceptPauseMs, signal).catch(() => undefined);
    }
  }
}

/** As --listen takes it. */
function addressText({ hostname, port }: ListenAddress): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

/** Serves the connections of all addresses together. */
function makeConnectionServer(
  options: HttpOptions,
  signal: AbortSignal,
): (connection: Deno.TcpConn) => void {
  const { log, maxIdleMs = defaultMaxIdleMs } = options;
  const answer = makeAnswer(options.endpoints);
  const waiting = new Set<Client>();
  return async (connection) => {
    const client = new Client(connection, maxIdleMs);
    signal.addEventListener("abort", client.close);
    waiting.add(client);
    const [oldest = client] = waiting;
    if (waiting.size > maxWaiting) {
      waiting.delete(oldest);
      oldest.close();
    }
    let sent: Answer | undefined;
    try {
      const request = await readRequest(client);
      waiting.delete(client);
      if (request === undefined) return;
      sent = answerOf(request, answer, log);
      for await (const bytes of encoded(sent, request)) await client.write(bytes);
    } catch {
      // The client has gone, or was dropped.
    } finally {
      sent?.onEnd?.();
      waiting.delete(client);
      signal.removeEventListener("abort", client.close);
      client.close();
    }
  };
}

/** A connection that is closed where its client is too slow. */
class Client {
  readonly #connection: Deno.TcpConn;
  readonly #maxIdleMs: number;
  readonly #endMs = systemClock.monotonicMs() + maxAnswerMs;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(connection: Deno.TcpConn, maxIdleMs: number) {
    this.#connection = connection;
    this.#maxIdleMs = maxIdleMs;
    this.#guard();
  }

  /** The bytes that are there next; undefined at the end. They prolong nothing. */
  async read(): Promise<Uint8Array | undefined> {
    const bytes = new Uint8Array(2048);
    const length = await this.#connection.read(bytes);
    return length === null ? undefined : bytes.subarray(0, length);
  }

  /** Resolves when the client, or the kernel for it, has taken all. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; rest.length > 0;) {
      this.#guard();
      rest = rest.subarray(await this.#connection.write(rest));
    }
  }

  /** Fails what is under way; may be called again. */
  readonly close = (): void => {
    clearTimeout(this.#timer);
    try {
      this.#connection.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  };

  #guard(): void {
    clearTimeout(this.#timer);
    const leftMs = Math.min(this.#maxIdleMs, this.#endMs - systemClock.monotonicMs());
    this.#timer = setTimeout(this.close, leftMs);
  }
}

/** What is understood of a request; all else in its head is passed over. */
interface HttpRequest {
  readonly method: string;
  /** Null where it, or the header Host, is none. */
  readonly url: URL | null;
  /** HTTP/1.0, which knows no chunks. */
  readonly isOld: boolean;
  readonly takesGzip: boolean;
}

/** Reads the head; undefined where the client ends before, or sends no request. */
async function readRequest(client: Client): Promise<HttpRequest | undefined> {
  const decoder = new TextDecoder("latin1");
  let head = "";
  while (!head.includes("\r\n\r\n")) {
    const bytes = await client.read();
    if (bytes === undefined || head.length > maxHeadBytes) return undefined;
    head += decoder.decode(bytes);
  }
  const [, method = "", target = "", minor] = /^([A-Z]+) (\S+) HTTP\/1\.([01])\r\n/.exec(head) ??
    [];
  if (minor === undefined) return undefined;
  const host = headerOf(head, "host") || "localhost";
  return {
    method,
    url: URL.parse(target.startsWith("/") ? `http://${host}${target}` : target),
    isOld: minor === "0",
    takesGzip: takesGzip(headerOf(head, "accept-encoding")),
  };
}

function headerOf(head: string, name: string): string {
  const lines = head.matchAll(new RegExp(`^${name}:(.*)$`, "gim"));
  return [...lines].map(([, value = ""]) => value.trim()).join(",");
}

/** RFC 9110, 12.4.2: named, and not with a weight of zero. */
function takesGzip(codings: string): boolean {
  return codings.toLowerCase().split(",").some((coding) => {
    const [name, weight = "q=1"] = coding.split(";").map((part) => part.trim());
    return name === "gzip" && /^q=[01](\.\d{0,3})?$/.test(weight) && Number(weight.slice(2)) > 0;
  });
}

/** What is sent. */
interface Answer {
  /** Code and words. */
  readonly status: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array>;
  /** Called once, when it is sent or given up. */
  readonly onEnd?: () => void;
}

function answerOf(
  request: HttpRequest,
  answer: (request: HttpRequest) => Answer,
  log: Log,
): Answer {
  try {
    return answer(request);
  } catch (error) {
    log.error("Cannot answer a request", { cause: String(error) });
    return text("Internal error", "500 Internal Server Error");
  }
}

/** All addresses together have one limit of /metrics; /healthz and /readyz have none. */
function makeAnswer(endpoints: Endpoints): (request: HttpRequest) => Answer {
  let open = 0;
  const metrics = ({ method, takesGzip }: HttpRequest, url: URL): Answer => {
    if (method !== "HEAD" && open >= maxMetricsRequests) {
      return text("Too many requests at a time: try again", "503 Service Unavailable");
    }
    const names = url.searchParams.getAll("name[]");
    const parts = endpoints.metrics(names.length === 0 ? undefined : new Set(names));
    open++;
    return {
      status: "200 OK",
      headers: {
        "content-type": endpoints.contentType,
        vary: "accept-encoding",
        ...(takesGzip ? { "content-encoding": "gzip" } : {}),
      },
      body: takesGzip ? compressed(parts) : parts,
      onEnd: () => void open--,
    };
  };
  return (request) => {
    const { method, url } = request;
    if (method !== "GET" && method !== "HEAD") {
      return text("Method not allowed", "405 Method Not Allowed");
    }
    switch (url?.pathname) {
      case "/metrics":
        return metrics(request, url);
      case "/healthz":
        // An answer is all it can say: a restart would mend nothing else.
        return text("ok", "200 OK");
      case "/readyz": {
        const reason = endpoints.unready();
        return reason === undefined
          ? text("ok", "200 OK")
          : text(reason, "503 Service Unavailable");
      }
      case "/":
        return text("nodeping: see /metrics, /healthz and /readyz", "200 OK");
      case undefined:
        return text("Bad request", "400 Bad Request");
      default:
        return text("Not found", "404 Not Found");
    }
  };
}

/** Begins when it is first asked: an answer that is given up before has nothing under way. */
async function* compressed(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = ReadableStream.from(parts) as ReadableStream<Uint8Array<ArrayBuffer>>;
  yield* source.pipeThrough(new CompressionStream("gzip"));
}

const encoder = new TextEncoder();

function text(body: string, status: string): Answer {
  return {
    status,
    headers: { "content-type": "text/plain; charset=utf-8" },
    body: ReadableStream.from([encoder.encode(`${body}\n`)]),
  };
}

/** In chunks, so that a client can see that an answer is cut off (RFC 9112, 7.1). */
async function* encoded(
  { status, headers, body }: Answer,
  { method, isOld }: HttpRequest,
): AsyncGenerator<Uint8Array> {
  const lines = Object.entries({
    ...headers,
    date: new Date(systemClock.wallMs()).toUTCString(),
    connection: "close",
    ...(isOld ? {} : { "transfer-encoding": "chunked" }),
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  yield encoder.encode(`HTTP/1.1 ${status}\r\n${lines.join("")}\r\n`);
  if (method === "HEAD") return;
  for await (const part of body) {
    if (isOld) yield part;
    else if (part.length > 0) yield chunkOf(part);
  }
  if (!isOld) yield encoder.encode("0\r\n\r\n");
}

function chunkOf(part: Uint8Array): Uint8Array {
  const size = encoder.encode(`${part.length.toString(16)}\r\n`);
  const chunk = new Uint8Array(size.length + part.length + 2);
  chunk.set(size);
  chunk.set(part, size.length);
  chunk.set([0x0d, 0x0a], size.length + part.length);
  return chunk;
}
