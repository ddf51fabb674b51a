/** The Kubernetes API: requests, errors and streams. @module */

import { systemClock } from "../shell/clock.ts";
import { within } from "../shell/time_limit.ts";
import type { Connection } from "./connection.ts";
import { ConnectionError } from "./connection.ts";
import { streamLines } from "./stream_lines.ts";
import { makeTransport } from "./transport.ts";
import type { HttpRequest } from "./transport.ts";

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
  /** Ends the request, and its answer. */
  readonly signal: AbortSignal;
}

/** A client of one API server. */
export interface KubernetesApi extends Disposable {
  /** Namespace of the connection, where the caller names none. */
  readonly namespace: string;
  /** Reads a response as JSON; throws ApiError, or ConnectionError when no response came. */
  readonly json: (path: string, options: RequestOptions) => Promise<unknown>;
  /** Reads a response line by line as it comes. */
  readonly lines: (path: string, options: RequestOptions) => AsyncIterable<string>;
}

/** Time to a response's head, in milliseconds; the API server's own limit is 60 s. */
const responseTimeoutMs = 70_000;
/** Time to the end of a JSON body, in milliseconds. */
const bodyTimeoutMs = 120_000;

/** Makes a client; dispose of it to close its connections. */
export function makeApi(connection: Connection): KubernetesApi {
  const transport = makeTransport();
  const once = async (path: string, options: RequestOptions, renew: boolean): Promise<Response> => {
    const endpoint = await connection.endpoint(renew);
    const { method = "GET", body, contentType } = options;
    try {
      return await within(responseTimeoutMs, options.signal, (signal) =>
        transport.send(endpoint, {
          method,
          path: path + queryText(options.query),
          headers: [
            ["Accept", "application/json"],
            ...(contentType ? [["Content-Type", contentType] as const] : []),
          ],
          ...(body === undefined ? {} : { body }),
          signal,
        }));
    } catch (cause) {
      options.signal.throwIfAborted();
      const message = `Cannot reach the API server ${endpoint.server}: ${rootMessage(cause)}`;
      throw new ConnectionError(message, { cause });
    }
  };
  const respond = async (path: string, options: RequestOptions): Promise<Response> => {
    let response = await once(path, options, false);
    if (response.status === 401) {
      await response.body?.cancel();
      response = await once(path, options, true);
    }
    if (!response.ok) throw await apiError(response);
    return response;
  };
  return {
    namespace: connection.namespace,
    json: (path, options) =>
      within(
        bodyTimeoutMs,
        options.signal,
        async (signal) => await (await respond(path, { ...options, signal })).json(),
      ),
    lines: async function* (path, options): AsyncGenerator<string> {
      const { body } = await respond(path, options);
      if (body !== null) yield* streamLines(body, systemClock, options.signal);
    },
    [Symbol.dispose]: () => transport[Symbol.dispose](),
  };
}

/** Deno's fetch says only "fetch failed" or the URL again; its causes say why. */
function rootMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : rootMessage(error.cause);
}

function queryText(query: Readonly<Record<string, string>> = {}): string {
  const text = new URLSearchParams(query).toString();
  return text === "" ? "" : `?${text}`;
}

async function apiError(response: Response): Promise<ApiError> {
  const text = await response.text();
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
  return new ApiError(
    `The API server answered ${response.status}: ${message}`,
    response.status,
    reason,
  );
}
