/** An HTTP/1.1 server that answers as a test says, and writes down each request as it came. @module */

/** A request, byte for byte: what a real server hides is what the tests ask. */
export interface ReceivedRequest {
  /** Counted from 1: two requests of one number used the same connection. */
  readonly connection: number;
  /** Method and target. */
  readonly line: string;
  /** Names in lower case, in the order in which they came; a name may stand twice. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** What is answered; `chunks` come one by one, and the answer ends with the last. */
export interface Answer {
  readonly status?: number;
  readonly body?: string;
  readonly chunks?: AsyncIterable<string>;
  readonly headers?: readonly string[];
}

/** A server on a loopback port. */
export interface FakeServer extends AsyncDisposable {
  /** Without a slash at its end. */
  readonly url: string;
  readonly port: number;
  /** Every request, also those that are still being answered. */
  readonly received: readonly ReceivedRequest[];
  /** Closes every open connection. */
  readonly disconnect: () => void;
  /** Number of connections that are open. */
  readonly open: () => number;
}

/** How it is started. */
export interface FakeServerOptions {
  /** PEM texts; plain HTTP when absent. */
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly hostname?: string;
  /** Takes the connection of a CONNECT request; 405 when absent. */
  readonly onConnect?: (target: string, connection: Deno.Conn) => Promise<void>;
}

/** Starts it; dispose of it to stop. */
export function startFakeServer(
  answer: (request: ReceivedRequest) => Answer | Promise<Answer>,
  { tls, hostname = "127.0.0.1", onConnect }: FakeServerOptions = {},
): FakeServer {
  const listener = tls === undefined
    ? Deno.listen({ hostname, port: 0 })
    : Deno.listenTls({ hostname, port: 0, ...tls });
  const received: ReceivedRequest[] = [];
  const connections = new Set<Deno.Conn>();
  let count = 0;
  const serve = async (connection: Deno.Conn, number: number): Promise<void> => {
    const reader = new RequestReader(connection);
    for (;;) {
      const request = await reader.request(number);
      if (request === undefined) return;
      received.push(request);
      const [method, target = ""] = request.line.split(" ");
      if (method === "CONNECT" && onConnect !== undefined) {
        return await onConnect(target, connection);
      }
      await write(connection, await answer(request));
    }
  };
  const accept = async (): Promise<void> => {
    for await (const connection of listener) {
      connections.add(connection);
      serve(connection, ++count).catch(() => {}).finally(() => {
        connections.delete(connection);
        close(connection);
      });
    }
  };
  const accepting = accept().catch(() => {});
  const disconnect = () => connections.forEach(close);
  const { port } = listener.addr as Deno.NetAddr;
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return {
    url: `${tls === undefined ? "http" : "https"}://${host}:${port}`,
    port,
    received,
    disconnect,
    open: () => connections.size,
    [Symbol.asyncDispose]: async () => {
      listener.close();
      disconnect();
      await accepting;
    },
  };
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // Closed already.
  }
}

async function write(connection: Deno.Conn, answer: Answer): Promise<void> {
  const { status = 200, body = "{}", chunks, headers = [] } = answer;
  const encoder = new TextEncoder();
  const send = async (text: string): Promise<void> => {
    for (let rest = encoder.encode(text); rest.length > 0;) {
      rest = rest.subarray(await connection.write(rest));
    }
  };
  const length = encoder.encode(body).length;
  const framing = chunks === undefined ? `Content-Length: ${length}` : "Transfer-Encoding: chunked";
  await send([`HTTP/1.1 ${status} Said`, framing, ...headers, "", ""].join("\r\n"));
  if (chunks === undefined) return await send(body);
  for await (const chunk of chunks) {
    await send(`${encoder.encode(chunk).length.toString(16)}\r\n${chunk}\r\n`);
  }
  await send("0\r\n\r\n");
}

/** Reads requests one after another from one connection. */
class RequestReader {
  #pending = "";

  constructor(readonly connection: Deno.Conn) {}

  /** The next request; undefined when the connection ends before it is whole. */
  async request(connection: number): Promise<ReceivedRequest | undefined> {
    const headEnd = "\r\n\r\n";
    while (!this.#pending.includes(headEnd)) if (!await this.#readMore()) return undefined;
    const head = this.#take(this.#pending.indexOf(headEnd) + headEnd.length);
    const [line = "", ...lines] = head.trimEnd().split("\r\n");
    const headers = lines.map((text): [string, string] => {
      const colon = text.indexOf(":");
      return [text.slice(0, colon).toLowerCase(), utf8(text.slice(colon + 1).trim())];
    });
    const length = Number(headers.find(([name]) => name === "content-length")?.[1] ?? 0);
    while (this.#pending.length < length) if (!await this.#readMore()) return undefined;
    const body = utf8(this.#take(length));
    return { connection, line: line.replace(/ HTTP\/1\.1$/, ""), headers, body };
  }

  #take(length: number): string {
    const text = this.#pending.slice(0, length);
    this.#pending = this.#pending.slice(length);
    return text;
  }

  async #readMore(): Promise<boolean> {
    const bytes = new Uint8Array(65_536);
    const read = await this.connection.read(bytes);
    if (read === null) return false;
    this.#pending += String.fromCharCode(...bytes.subarray(0, read));
    return true;
  }
}

function utf8(latin1: string): string {
  return new TextDecoder().decode(Uint8Array.from(latin1, (character) => character.charCodeAt(0)));
}
