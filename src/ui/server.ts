/** Serves the page on the loopback: to this machine's browser, and to nobody in its name. @module */

import { livePage } from "../matrix/html.ts";
import { printableMessage } from "../platform/terminal.ts";

/** What the server shows. */
export interface LiveView {
  /** The newest data as JSON; undefined before the first. */
  readonly json: () => string | undefined;
  /** The event of the newest reading, which a page that connects may have missed. */
  readonly event: () => string | undefined;
  /** What is new since the reading of that time, as JSON; all where that was not the one before. */
  readonly changes: (sinceMs: number) => string | undefined;
  /** The data of a moment, as JSON; undefined where nothing is kept of it. */
  readonly jsonAt: (atMs: number) => string | undefined;
  /** The last minutes of both directions between two nodes, as JSON. */
  readonly traces: (source: string, destination: string) => string;
  /** The page as one file, of a moment or of now. */
  readonly file: (atMs: number | undefined) => string | undefined;
}

/** The server, and what it sends to the pages that are open. */
export interface PageServer {
  /** Where the page is. */
  readonly url: string;
  /** Sends a short event to every open page; one that does not read is passed over. */
  readonly send: (event: "mesh" | "trouble", json: string) => void;
  /** Resolves when the server has ended. */
  readonly finished: Promise<void>;
}

/** Where to listen. */
export interface ServerOptions {
  /** Undefined takes the usual port, or another where that is in use. */
  readonly port: number | undefined;
  /** What is shown. */
  readonly view: LiveView;
  /** What is wrong now, if anything, as a page that connects gets it. */
  readonly trouble: () => string | undefined;
}

/** Beside the agent's 10927. */
const usualPort = 10928;
const hostname = "127.0.0.1";
/** Messages that wait for a page that does not read; then it misses some. */
const maxWaiting = 2;

const commonHeaders = {
  "cache-control": "no-store",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
} as const;

/** Serves until the signal is aborted. Throws when the port cannot be had. */
export function servePage(options: ServerOptions, signal: AbortSignal): PageServer {
  const pages = new Set<ReadableStreamDefaultController<Uint8Array>>();
  const server = listen(options.port, signal, (request) => answer(request, port(), options, pages));
  const port = () => server.addr.port;
  const encoder = new TextEncoder();
  return {
    url: `http://${hostname}:${port()}/`,
    send: (event, json) => {
      const bytes = encoder.encode(`event: ${event}\ndata: ${json}\n\n`);
      for (const page of pages) if ((page.desiredSize ?? 0) > 0) page.enqueue(bytes);
    },
    finished: server.finished,
  };
}

function listen(
  port: number | undefined,
  signal: AbortSignal,
  handler: (request: Request) => Response,
): Deno.HttpServer<Deno.NetAddr> {
  const serve = (port: number) =>
    Deno.serve({
      ...{ hostname, port, signal, onListen: () => {} },
      onError: (error) => text(500, `Internal error: ${printableMessage(error)}`),
    }, handler);
  try {
    return serve(port ?? usualPort);
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    if (port === undefined) return serve(0);
    throw new Error(`Port ${port} is in use: choose another with --port`, { cause: error });
  }
}

function answer(
  request: Request,
  port: number,
  { view, trouble }: ServerOptions,
  pages: Set<ReadableStreamDefaultController<Uint8Array>>,
): Response {
  // A foreign name that resolves to the loopback would let a foreign page read the mesh.
  const host = request.headers.get("host") ?? "";
  if (![`127.0.0.1:${port}`, `localhost:${port}`].includes(host)) {
    return text(403, `The Host header must be 127.0.0.1:${port} or localhost:${port}`);
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    return text(405, "Method not allowed");
  }
  const { pathname, searchParams } = new URL(request.url);
  // A foreign page cannot read what it asks for, but each old moment costs a diagnosis.
  if (pathname !== "/" && /^(cross|same)-site$/.test(request.headers.get("sec-fetch-site") ?? "")) {
    return text(403, "This is for the page of this server alone");
  }
  const at = searchParams.get("at");
  const atMs = at === null ? undefined : Number(at);
  switch (pathname) {
    case "/": {
      const { html, policy } = livePage(view.json());
      return respond(html, "text/html; charset=utf-8", { "content-security-policy": policy });
    }
    case "/mesh.json":
      return json(atMs === undefined ? view.json() : view.jsonAt(atMs));
    case "/changes.json":
      return json(view.changes(Number(searchParams.get("since") ?? NaN)));
    case "/traces.json":
      return json(
        view.traces(searchParams.get("source") ?? "", searchParams.get("destination") ?? ""),
      );
    case "/matrix.html": {
      const file = view.file(atMs);
      return file === undefined ? text(503, "Nothing was read yet") : respond(
        file,
        "text/html; charset=utf-8",
        { "content-disposition": "attachment", "content-security-policy": "sandbox" },
      );
    }
    case "/events":
      return new Response(events(pages, view.event(), trouble()), {
        headers: { ...commonHeaders, "content-type": "text/event-stream" },
      });
    default:
      return text(404, "Not found");
  }
}

function events(
  pages: Set<ReadableStreamDefaultController<Uint8Array>>,
  mesh: string | undefined,
  trouble: string | undefined,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let own: ReadableStreamDefaultController<Uint8Array> | undefined;
  return new ReadableStream({
    start(controller): void {
      own = controller;
      controller.enqueue(encoder.encode("retry: 1000\n\n"));
      if (mesh) controller.enqueue(encoder.encode(`event: mesh\ndata: ${mesh}\n\n`));
      if (trouble) controller.enqueue(encoder.encode(`event: trouble\ndata: ${trouble}\n\n`));
      pages.add(controller);
    },
    cancel(): void {
      if (own) pages.delete(own);
    },
  }, { highWaterMark: maxWaiting + 3 });
}

function json(body: string | undefined): Response {
  return body === undefined
    ? text(503, "Nothing was read yet")
    : respond(body, "application/json; charset=utf-8", {});
}

function respond(
  body: string,
  contentType: string,
  headers: Readonly<Record<string, string>>,
): Response {
  return new Response(body, {
    headers: { ...commonHeaders, "content-type": contentType, ...headers },
  });
}

function text(status: number, message: string): Response {
  return new Response(`${message}\n`, {
    status,
    headers: { ...commonHeaders, "content-type": "text/plain; charset=utf-8" },
  });
}
