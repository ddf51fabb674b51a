/** Reads an HTTP/1.1 response as its bytes come (RFC 9112). @module */

/** What a response is made of, told as it is read. */
export interface ResponseEvents {
  /** Status line and headers are there. */
  readonly head: (status: number, headers: Headers) => void;
  /** A piece of the body, without the framing of chunks. */
  readonly body: (bytes: Uint8Array) => void;
  /** The body is whole. */
  readonly end: () => void;
}

type State =
  | { readonly kind: "head" }
  | { readonly kind: "counted"; left: number }
  | { readonly kind: "until-close" }
  | { readonly kind: "chunk-size" }
  | { readonly kind: "chunk"; left: number }
  | { readonly kind: "trailer" }
  | { readonly kind: "over" };

const maxHeadBytes = 256 * 1024;

/** A reader of one response; `push` throws when the bytes are no HTTP. */
export class ResponseParser {
  readonly #events: ResponseEvents;
  #state: State = { kind: "head" };
  #pending: Uint8Array = new Uint8Array();

  /** Tells what it reads to the events. */
  constructor(events: ResponseEvents) {
    this.#events = events;
  }

  /** Takes the next bytes. */
  push(bytes: Uint8Array): void {
    this.#pending = joined(this.#pending, bytes);
    while (this.#step());
  }

  /** The connection ended; false when the response was not complete. */
  finish(): boolean {
    if (this.#state.kind === "until-close") this.#over();
    return this.#state.kind === "over";
  }

  /** Reads one part; false when more bytes are needed. */
  #step(): boolean {
    const state = this.#state;
    switch (state.kind) {
      case "head":
        return this.#head();
      case "counted":
        return this.#counted(state, () => this.#over());
      case "chunk":
        return this.#counted(state, () => {
          this.#line();
          this.#state = { kind: "chunk-size" };
        });
      case "until-close":
        if (this.#pending.length > 0) this.#events.body(this.#take(this.#pending.length));
        return false;
      case "chunk-size":
        return this.#chunkSize();
      case "trailer": {
        const line = this.#line();
        if (line === "") this.#over();
        return line !== undefined && line !== "";
      }
      case "over":
        return false;
    }
  }

  #head(): boolean {
    const end = indexOfText(this.#pending, "\r\n\r\n");
    if (end < 0) {
      if (this.#pending.length > maxHeadBytes) throw new Error("The response's head has no end");
      return false;
    }
    const [first = "", ...lines] = latin1(this.#take(end + 4)).trimEnd().split("\r\n");
    const status = /^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1];
    if (status === undefined) throw new Error("The server does not speak HTTP/1.1");
    const headers = new Headers(lines.map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    }));
    if (status.startsWith("1")) return true;
    this.#events.head(Number(status), headers);
    this.#state = bodyState(Number(status), headers);
    if (this.#state.kind === "over") this.#events.end();
    return true;
  }

  #counted(state: { left: number }, done: () => void): boolean {
    // The line feed after a chunk belongs to it: both must have come.
    const closing = this.#state.kind === "chunk" ? 2 : 0;
    if (state.left > 0) {
      const bytes = this.#take(Math.min(state.left, this.#pending.length));
      if (bytes.length === 0) return false;
      state.left -= bytes.length;
      this.#events.body(bytes);
    }
    if (state.left > 0 || this.#pending.length < closing) return false;
    done();
    return true;
  }

  #chunkSize(): boolean {
    const line = this.#line();
    if (line === undefined) return false;
    const size = /^([0-9a-fA-F]{1,8})\s*(;.*)?$/.exec(line)?.[1];
    if (size === undefined) throw new Error(`The response has a chunk of size "${line}"`);
    const left = parseInt(size, 16);
    this.#state = left === 0 ? { kind: "trailer" } : { kind: "chunk", left };
    return true;
  }

  #line(): string | undefined {
    const end = indexOfText(this.#pending, "\r\n");
    return end < 0 ? undefined : latin1(this.#take(end + 2)).slice(0, -2);
  }

  #take(length: number): Uint8Array {
    const bytes = this.#pending.slice(0, length);
    this.#pending = this.#pending.subarray(length);
    return bytes;
  }

  #over(): void {
    this.#state = { kind: "over" };
    this.#events.end();
  }
}

function bodyState(status: number, headers: Headers): State {
  if (status === 204 || status === 304) return { kind: "over" };
  if (headers.get("transfer-encoding")?.toLowerCase().includes("chunked")) {
    return { kind: "chunk-size" };
  }
  const length = headers.get("content-length");
  if (length === null) return { kind: "until-close" };
  if (!/^\d+$/.test(length)) throw new Error(`The response's Content-Length is "${length}"`);
  return Number(length) === 0 ? { kind: "over" } : { kind: "counted", left: Number(length) };
}

function joined(left: Uint8Array, right: Uint8Array): Uint8Array {
  if (left.length === 0) return right;
  const bytes = new Uint8Array(left.length + right.length);
  bytes.set(left);
  bytes.set(right, left.length);
  return bytes;
}

function indexOfText(bytes: Uint8Array, text: string): number {
  const codes = [...text].map((character) => character.charCodeAt(0));
  for (let at = 0; at + codes.length <= bytes.length; at++) {
    if (codes.every((code, offset) => bytes[at + offset] === code)) return at;
  }
  return -1;
}

function latin1(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}
