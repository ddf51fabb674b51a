/** What a command is given from outside, and child processes: the only use of Deno.Command. @module */

import type { ExitCode } from "../exit_code.ts";

/** What to run. */
export interface SpawnRequest {
  /** Path or name of the program; no shell is involved. */
  readonly command: string;
  /** Each is one argument, whatever is in it. */
  readonly args: readonly string[];
  /** Written to the child's standard input, which is then closed; nothing when absent. */
  readonly input?: string;
  /** True to let the child read this program's standard input, in place of `input`. */
  readonly inheritsInput?: boolean;
  /** Variables set on top of the inherited ones. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether what it writes to standard error is thrown away unread. */
  readonly discardsErrors?: boolean;
  /** Starts it in a session of its own, so that a terminal's Ctrl-C does not reach it. */
  readonly detached?: boolean;
}

/** How a child ended. */
export interface ExitStatus {
  /** Exit code; 128 and the signal's number for a process that a signal ended. */
  readonly code: number;
  /** The signal that ended it, where one did. */
  readonly signal: string | null;
}

/** A running child. Both outputs must be read or cancelled, or the child blocks when they fill. */
export interface Child {
  /** Process id. */
  readonly pid: number;
  /** Standard output. */
  readonly stdout: ReadableStream<Uint8Array>;
  /** Standard error. */
  readonly stderr: ReadableStream<Uint8Array>;
  /** Resolves at the end of the process. */
  readonly status: Promise<ExitStatus>;
  /** Sends the signal; nothing when the child is already gone. */
  readonly kill: (signal: Deno.Signal) => void;
}

/** Starts a child. Throws Deno.errors.NotFound or NotCapable when it cannot be started. */
export type Spawn = (request: SpawnRequest) => Child;

/** What a command is given from outside, made at the entry. */
export interface ProgramDeps {
  /** Arguments after the command's name. */
  readonly args: readonly string[];
  /** Reads an environment variable; undefined when it is not set. */
  readonly env: (name: string) => string | undefined;
  /** Writes to standard output; what a terminal could take for more than text is replaced. */
  readonly out: (text: string) => void;
  /** Writes to standard error, in the same way. */
  readonly err: (text: string) => void;
  /** Ends the command: SIGTERM or SIGINT came. */
  readonly signal: AbortSignal;
  /** Starts processes: fping, Helm, credential plugins. */
  readonly spawn: Spawn;
}

/** A command: resolves with the exit code of the program. */
export type Command = (deps: ProgramDeps) => Promise<ExitCode>;

/** Starts a real child process. */
export const spawnProcess: Spawn = (request: SpawnRequest): Child => {
  const child = new Deno.Command(request.command, {
    args: [...request.args],
    stdin: request.inheritsInput ? "inherit" : request.input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: request.discardsErrors ? "null" : "piped",
    detached: request.detached ?? false,
    ...(request.env ? { env: { ...request.env } } : {}),
  }).spawn();
  if (request.input !== undefined) feed(child.stdin, request.input);
  return {
    pid: child.pid,
    stdout: child.stdout,
    stderr: request.discardsErrors ? new Blob([]).stream() : child.stderr,
    status: child.status,
    kill: (signal) => {
      try {
        child.kill(signal);
      } catch (error) {
        if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error;
      }
    },
  };
};

/** A child that ends before it has read everything says so by its exit status. */
async function feed(stdin: WritableStream<Uint8Array>, input: string): Promise<void> {
  try {
    await ReadableStream.from([new TextEncoder().encode(input)]).pipeTo(stdin);
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/** What a finished child left behind. */
export interface Finished extends ExitStatus {
  /** All it wrote. */
  readonly stdout: string;
  /** All it wrote. */
  readonly stderr: string;
}

/**
 * Runs a child to its end and collects its outputs; an abort sends SIGTERM, or another signal, and
 * rejects once the child has ended.
 */
export async function run(
  spawn: Spawn,
  request: SpawnRequest,
  signal?: AbortSignal,
  endSignal: Deno.Signal = "SIGTERM",
): Promise<Finished> {
  signal?.throwIfAborted();
  const child = spawn(request);
  const stop = () => child.kill(endSignal);
  signal?.addEventListener("abort", stop);
  try {
    const [stdout, stderr, status] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.status,
    ]);
    signal?.throwIfAborted();
    return { ...status, stdout, stderr };
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}
