/** The Kubernetes API: requests, errors and streams. @module */

import { ConnectionError } from "./endpoint.ts";
import type { Connection, Endpoint } from "./endpoint.ts";
import { makeTransport } from "./transport.ts";
import type { HttpRequest, HttpResponse, Transport } from "./transport.ts";
import { withoutPassword } from "../flags.ts";
import { Backoff, systemClock, within } from "../platform/clock.ts";
import type { Clock } from "../platform/clock.ts";
import { errorMessage, jsonText } from "../platform/terminal.ts";

/** The API server answered with an error. */
export class ApiError extends Error {
  /** The class's name, which a bundle shortens. */
  override readonly name = "ApiError";
  /** HTTP status. */
  readonly status: number;
  /** The API's reason, such as "Expired" or "Forbidden". */
  readonly reason: string;

  /** A refusal: HTTP status, 0 where there was none, and the API's reason, such as "Forbidden". */
  constructor(message: string, status: number, reason: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

/** What a request may carry. */
export interface RequestOptions {
  /** GET unless it is said. */
  readonly method?: HttpRequest["method"];
  /** Query of the URL, escaped by the callee. */
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as it is. */
  readonly body?: string;
  /** Content type of the body. */
  readonly contentType?: string;
  /** Header Accept; JSON when left out. */
  readonly accept?: string;
  /** Whether the answer may come compressed. */
  readonly acceptsGzip?: boolean;
  /** Ends the request, and its answer. */
  readonly signal: AbortSignal;
}

/** A client of one API server. */
export interface KubernetesApi extends Disposable {
  /** Namespace of the connection, where the caller names none. */
  readonly namespace: string;
  /** Reads a response as JSON; throws ApiError, or ConnectionError when no response came. */
  readonly json: (path: string, options: RequestOptions) => Promise<unknown>;
  /** Reads a response as text, which may come compressed. */
  readonly text: (path: string, options: RequestOptions) => Promise<string>;
  /** Reads a response line by line as it comes. */
  readonly lines: (path: string, options: RequestOptions) => AsyncIterable<string>;
}

/** Time to a response's head, in milliseconds; the API server's own limit is 60 s. */
const responseTimeoutMs = 70_000;
/** Time to the end of a JSON body, in milliseconds. */
const bodyTimeoutMs = 120_000;

/**
 * The waits of one request together. A server that sheds load names a second as a rule, and may name an
 * hour; what is waited for longer than this looks like a server that does not answer.
 */
const maxRetryMs = 7000;
const maxRetries = 5;

/**
 * Makes a client; dispose of it to close its connections. Where the server asks to come again later,
 * json() and text() do so, 5 times and for 7 s at most; whoever reads lines() begins again by himself.
 */
export function makeApi(connection: Connection, clock: Clock = systemClock): KubernetesApi {
  const transport = makeTransport();
  const respond = async (path: string, options: RequestOptions): Promise<HttpResponse> => {
    const endpoint = await connection.endpoint();
    let response = await send(transport, endpoint, path, options);
    if (response.status === 401) {
      await textOf(response.body);
      response = await send(transport, await connection.endpoint(endpoint), path, options);
    }
    return response;
  };
  const patientRespond = async (path: string, options: RequestOptions): Promise<HttpResponse> => {
    let response = await respond(path, options);
    let leftMs = maxRetryMs;
    for (let retries = 0; retries < maxRetries && leftMs > 0; retries++) {
      const laterMs = retryMs(response);
      if (laterMs === undefined) break;
      const waitMs = Math.min(laterMs, leftMs);
      leftMs -= waitMs;
      await textOf(response.body);
      await clock.sleep(waitMs, options.signal);
      response = await respond(path, options);
    }
    return await accepted(response);
  };
  return {
    namespace: connection.namespace,
    json: (path, options) =>
      within(bodyTimeoutMs, options.signal, async (signal) => {
        const text = await textOf((await patientRespond(path, { ...options, signal })).body);
        return await parseJson(text, connection);
      }),
    text: (path, options) =>
      within(
        bodyTimeoutMs,
        options.signal,
        async (signal) =>
          await textOf(
            (await patientRespond(path, { ...options, signal, acceptsGzip: true })).body,
          ),
      ),
    lines: async function* (path, options): AsyncGenerator<string> {
      const { body } = await accepted(await respond(path, options));
      yield* streamLines(body, clock, options.signal);
    },
    [Symbol.dispose]: () => transport[Symbol.dispose](),
  };
}

async function accepted(response: HttpResponse): Promise<HttpResponse> {
  if (response.status < 200 || response.status > 299) throw await apiError(response);
  return response;
}

/** As client-go: when to ask again; undefined for an answer that stands. */
function retryMs({ status, retryAfter = "" }: HttpResponse): number | undefined {
  const isLater = (status === 429 || status >= 500) && /^\d+$/.test(retryAfter);
  return isLater ? Number(retryAfter) * 1000 : undefined;
}

/** A request that is answered at all is answered by then, and whoever reads the log is still there. */
const waitReports = { firstMs: 8_000, maxMs: 300_000 };

/**
 * A client that reports requests for JSON without an answer, at growing intervals until there is one:
 * where packets vanish, a connection fails only after minutes. The remedy is the caller's.
 */
export function reportWaits(
  api: KubernetesApi,
  connection: Connection,
  onWait: (message: string) => void,
  clock: Clock = systemClock,
): KubernetesApi {
  const backoff = new Backoff(waitReports);
  return {
    ...api,
    json: async (path, request) => {
      // Before the time begins: somebody may have to log in first.
      const { server } = await connection.endpoint();
      const answered = new AbortController();
      const startMs = clock.monotonicMs();
      const ends = AbortSignal.any([request.signal, answered.signal]);
      const report = async (): Promise<void> => {
        for (;;) {
          await clock.sleep(backoff.next(), ends);
          const seconds = Math.round((clock.monotonicMs() - startMs) / 1000);
          onWait(`No answer from the API server ${withoutPassword(server)} for ${seconds} s`);
        }
      };
      report().catch(() => {});
      try {
        const answer = await api.json(path, request);
        backoff.reset();
        return answer;
      } finally {
        answered.abort();
      }
    },
  };
}

/** One request, to the head of its response. */
async function send(
  transport: Transport,
  endpoint: Endpoint,
  path: string,
  options: RequestOptions,
): Promise<HttpResponse> {
  const { method = "GET", accept = "application/json", body, contentType } = options;
  try {
    return await within(responseTimeoutMs, options.signal, (signal) =>
      transport.send(endpoint, {
        method,
        path: path + queryText(options.query),
        headers: [
          ["Accept", accept],
          ...(options.acceptsGzip ? [["Accept-Encoding", "gzip"] as const] : []),
          ...(contentType ? [["Content-Type", contentType] as const] : []),
        ],
        ...(body === undefined ? {} : { body }),
        signal,
      }));
  } catch (cause) {
    options.signal.throwIfAborted();
    if (cause instanceof ConnectionError) throw cause;
    const detail = errorMessage(cause);
    const message = `Cannot reach the API server ${withoutPassword(endpoint.server)}: ${detail}`;
    throw new ConnectionError(message, { cause });
  }
}

async function parseJson(text: string, connection: Connection): Promise<unknown> {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const server = withoutPassword((await connection.endpoint()).server);
    const start = jsonText(text.trim().slice(0, 60));
    throw new Error(
      `${server} answered ${start}, which is no JSON: is it the API server, or a proxy or login ` +
        "page before it?",
      { cause },
    );
  }
}

/** No page of a list, and no agent's exposition, is longer. */
export const maxAnswerBytes: number = 64 * 2 ** 20;

/**
 * The text of an answer, which may have come compressed. Throws where it is longer: whoever answers,
 * and the agents behind an API server are many, must not take this program's memory.
 */
export async function textOf(
  body: AsyncIterable<Uint8Array> | null,
  maxBytes: number = maxAnswerBytes,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const part of body ?? []) {
    bytes += part.length;
    if (bytes > maxBytes) throw new Error(`The answer is longer than ${maxBytes / 2 ** 20} MiB`);
    // At once: a part of 4 kB that was unpacked keeps a buffer of 64 kB alive.
    text += decoder.decode(part, { stream: true });
  }
  return text + decoder.decode();
}

function queryText(query: Readonly<Record<string, string>> = {}): string {
  const text = new URLSearchParams(query).toString();
  return text === "" ? "" : `?${text}`;
}

async function apiError({ status: code, body }: HttpResponse): Promise<ApiError> {
  const text = await textOf(body);
  let message = text.slice(0, 300).trim();
  let reason = "";
  try {
    const status: unknown = JSON.parse(text);
    if (typeof status === "object" && status !== null) {
      if ("message" in status && typeof status.message === "string") message = status.message;
      if ("reason" in status && typeof status.reason === "string") reason = status.reason;
    }
  } catch {
    // Not a Status: a proxy answered, and its text says more than we could.
  }
  // One line, whatever a proxy on the way answers: none of it shall pass for a line of ours.
  const words = message.replace(/\s+/g, " ") ||
    (code < 400 ? "no API server redirects: is a proxy or login page before it?" : "nothing else");
  return new ApiError(`The API server answered ${code}: ${words}`, code, reason);
}

/**
 * How long to rest after a read that had to wait. Each wake-up of the runtime costs more than what is
 * done with a heartbeat of 16 KB: at 250 a second, resting saves a third of all
 * (measured). Much longer, and the API server ends the watch of a reader that it takes for too slow.
 */
const restMs = 100;

/** A read that took longer than this found nothing: whatever comes next may come together. */
const waitMs = 1;

const lineFeed = 0x0a;

/** Yields the lines, the last one also without its end; throws when the signal is aborted. */
export async function* streamLines(
  stream: AsyncIterable<Uint8Array>,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let lineParts: Uint8Array[] = [];
  let startMs = clock.monotonicMs();
  for await (const bytes of stream) {
    const hadToWait = clock.monotonicMs() - startMs > waitMs;
    let start = 0;
    for (let end; (end = bytes.indexOf(lineFeed, start)) >= 0; start = end + 1) {
      lineParts.push(bytes.subarray(start, end));
      yield decoder.decode(joined(lineParts));
      lineParts = [];
    }
    if (start < bytes.length) lineParts.push(bytes.subarray(start));
    if (hadToWait) await clock.sleep(restMs, signal);
    startMs = clock.monotonicMs();
  }
  if (lineParts.length > 0) yield decoder.decode(joined(lineParts));
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
