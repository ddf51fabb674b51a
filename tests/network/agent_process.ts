/**
 * The real agent as a process in a network namespace, for tests, the demo and benchmarks: from
 * source, or the compiled program that NODEPING_BINARY names, unless another is given.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import { Samples } from "../exposition.ts";
import type { Namespace } from "./namespace.ts";
import { TextLineStream } from "./text_lines.ts";

const textfilePrefix = "node-ping_";
const main = new URL("../../main.ts", import.meta.url).pathname;

/** How an agent is started. */
export interface AgentOptions {
  readonly namespace: Namespace;
  /** Path of nodes.json. */
  readonly config: string;
  /** Path of fping. */
  readonly fping: string;
  /** Name of the agent's own node; "here" when absent. */
  readonly node?: string;
  /** Existing directory for the textfile; a fresh one, removed at the end, when absent. */
  readonly textfileDirectory?: string;
  /** The program that starts the agent, where it is not started directly. */
  readonly under?: readonly string[];
  /** How nodeping is started; see the module for what is started when absent. */
  readonly program?: readonly string[];
  /** "debug" when absent. */
  readonly logLevel?: string;
  /** Further flags. */
  readonly flags?: readonly string[];
}

/** A running agent; it is killed, if need be, when it is disposed of. */
export interface AgentProcess extends AsyncDisposable {
  readonly pid: number;
  readonly textfile: string;
  /** Lines of the log so far. */
  readonly log: readonly string[];
  /** The samples of the textfile; none while there is no file. */
  readonly samples: () => Promise<Samples>;
  /** Reads the textfile until the condition holds; rejects after the time, with file and log. */
  readonly waitFor: (
    what: string,
    condition: (samples: Samples) => boolean,
    timeoutMs?: number,
  ) => Promise<Samples>;
  /** Waits for a line of the log. */
  readonly waitForLog: (pattern: RegExp, timeoutMs?: number) => Promise<string>;
  /** Process ids of the running fpings. */
  readonly fpings: () => readonly number[];
  /** Sends SIGTERM and waits for the end. */
  readonly stop: () => Promise<Deno.CommandStatus>;
  readonly status: Promise<Deno.CommandStatus>;
  /** Throws, with the end of its log, when it has ended by itself. */
  readonly mustRun: () => void;
}

/** The flags by which an agent probes the nodes of a file, and writes into a directory. */
export function agentFlags(
  config: string,
  node: string,
  textfileDirectory: string,
): readonly string[] {
  const textfile = ["--textfile-dir", textfileDirectory, "--textfile-prefix", textfilePrefix];
  return ["--config", config, "--node", node, ...textfile];
}

/** The textfile of an agent with {@linkcode agentFlags}. */
export function textfileOf(node: string, textfileDirectory: string): string {
  return `${textfileDirectory}/${textfilePrefix}${node}.prom`;
}

/** Starts an agent with a write interval of 1 s. */
export async function startAgent(options: AgentOptions): Promise<AgentProcess> {
  const { namespace, config, fping, node = "here", under = [], flags = [] } = options;
  const { program: given = ownProgram(), logLevel = "debug" } = options;
  const own = options.textfileDirectory === undefined
    ? await Deno.makeTempDir({ prefix: "np-textfile-" })
    : undefined;
  const directory = options.textfileDirectory ?? own ?? "";
  const [program = "", ...args] = namespace.inside(
    ...under,
    ...given,
    "agent",
    ...agentFlags(config, node, directory),
    ...["--fping", fping, "--write-interval", "1s", "--listen", "off", "--log-level", logLevel],
    // Most tests count requests: full-size ones are sent where a test asks for them.
    "--path-mtu-interval=off",
    ...flags,
  );
  const env = { DENO_NO_UPDATE_CHECK: "1" };
  const child = new Deno.Command(program, { args, env, stdout: "null", stderr: "piped" }).spawn();
  let ended: Deno.CommandStatus | undefined;
  child.status.then((status) => ended = status);
  const log: string[] = [];
  const logged = collect(child.stderr, log);
  const textfile = textfileOf(node, directory);
  const samples = async () => new Samples(await readIfThere(textfile));
  const stop = async () => {
    child.kill("SIGTERM");
    const status = await child.status;
    await logged;
    return status;
  };
  return {
    pid: child.pid,
    textfile,
    log,
    samples,
    status: child.status,
    stop,
    mustRun: () => {
      if (ended === undefined) return;
      throw new Error(`The agent of ${node} ended with ${ended.code}\n${logEnd(log)}`);
    },
    fpings: () => childrenOf(child.pid),
    waitFor: (what, condition, timeoutMs = 10_000) =>
      poll(what, timeoutMs, log, async () => {
        const now = await samples();
        return condition(now) ? now : undefined;
      }),
    waitForLog: (pattern, timeoutMs = 10_000) =>
      poll(
        `a log line ${pattern}`,
        timeoutMs,
        log,
        () => Promise.resolve(log.find((line) => pattern.test(line))),
      ),
    [Symbol.asyncDispose]: async () => {
      try {
        child.kill("SIGKILL");
      } catch (error) {
        if (!(error instanceof TypeError)) throw error; // it has ended
      }
      await child.status;
      for (const pid of childrenOf(child.pid)) Deno.kill(pid, "SIGKILL");
      await logged;
      if (own !== undefined) await Deno.remove(own, { recursive: true });
    },
  };
}

/** The last lines of a log. */
export function logEnd(log: readonly string[]): string {
  return log.slice(-10).join("\n");
}

function ownProgram(): readonly string[] {
  const binary = Deno.env.get("NODEPING_BINARY");
  return binary === undefined ? [Deno.execPath(), "run", "-A", main] : [binary];
}

/** Waits, also in tests of their own processes. */
export function sleep(milliseconds: number): Promise<void> {
  return delay(Math.max(0, milliseconds));
}

async function poll<T>(
  what: string,
  timeoutMs: number,
  log: readonly string[],
  look: () => Promise<T | undefined>,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  while (true) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > end) {
      throw new Error(`No ${what} within ${timeoutMs} ms; log:\n${log.slice(-25).join("\n")}`);
    }
    await sleep(50);
  }
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

async function collect(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  log: string[],
): Promise<void> {
  const lines = stream.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
  for await (const line of lines) log.push(line);
}

/** By the fourth field of /proc/PID/stat, the parent. */
function childrenOf(parent: number): number[] {
  return [...Deno.readDirSync("/proc")].map(({ name }) => Number(name)).filter((pid) => {
    if (!Number.isInteger(pid)) return false;
    try {
      const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
      const [state, ppid] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return Number(ppid) === parent && state !== "Z";
    } catch {
      return false; // it ended meanwhile
    }
  });
}
