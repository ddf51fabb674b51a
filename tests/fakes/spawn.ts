/** Child processes that do what a test says. @module */

import type { Child, ExitStatus, Spawn, SpawnRequest } from "../../src/platform/process.ts";

/** A child that prints and ends when it is told to; SIGKILL and SIGTERM end it as they would. */
export class FakeChild implements Child {
  readonly stdout: ReadableStream<Uint8Array>;
  readonly stderr: ReadableStream<Uint8Array>;
  readonly status: Promise<ExitStatus>;
  /** Signals that it was sent. */
  readonly signals: Deno.Signal[] = [];
  readonly #out: ReadableByteStreamController;
  readonly #err: ReadableByteStreamController;
  readonly #resolve: (status: ExitStatus) => void;
  #hasEnded = false;

  constructor(readonly request: SpawnRequest, readonly pid: number) {
    [this.stdout, this.#out] = pipe();
    [this.stderr, this.#err] = pipe();
    const { promise, resolve } = Promise.withResolvers<ExitStatus>();
    this.status = promise;
    this.#resolve = resolve;
  }

  /** Writes to its standard output. */
  print(text: string): void {
    if (!this.#hasEnded) this.#out.enqueue(new TextEncoder().encode(text));
  }

  /** Writes to its standard error. */
  complain(text: string): void {
    if (!this.#hasEnded) this.#err.enqueue(new TextEncoder().encode(text));
  }

  /** Ends it. */
  exit(code: number, signal: string | null = null): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    for (const end of [this.#out, this.#err]) {
      end.close();
      end.byobRequest?.respond(0);
    }
    this.#resolve({ code, signal });
  }

  readonly kill = (signal: Deno.Signal): void => {
    this.signals.push(signal);
    if (signal === "SIGKILL") this.exit(137, signal);
    if (signal === "SIGTERM") this.exit(143, signal);
  };
}

/** Starts children that follow the script, and remembers them. */
export class FakeSpawn {
  readonly children: FakeChild[] = [];
  readonly #script: (child: FakeChild) => void;

  /** The script is called with each new child; what it throws is the failure to start it. */
  constructor(script: (child: FakeChild) => void = () => {}) {
    this.#script = script;
  }

  readonly spawn: Spawn = (request) => {
    const child = new FakeChild(request, 1000 + this.children.length);
    this.#script(child);
    this.children.push(child);
    return child;
  };

  /** The child that was started last. */
  get last(): FakeChild {
    const child = this.children.at(-1);
    if (child === undefined) throw new Error("No child was started");
    return child;
  }
}

function pipe(): [ReadableStream<Uint8Array>, ReadableByteStreamController] {
  let end: ReadableByteStreamController | undefined;
  const stream = new ReadableStream({
    type: "bytes",
    start: (controller) => {
      end = controller;
    },
  });
  if (end === undefined) throw new Error("A stream has no controller");
  return [stream, end];
}
