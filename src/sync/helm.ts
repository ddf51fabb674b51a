/** Runs Helm: $HELM_BIN, which reads its flags from the environment that it gave the plugin. @module */

import { run } from "../platform/process.ts";
import type { Spawn } from "../platform/process.ts";

/** A way to call Helm. */
export interface Helm {
  /** Major version, 3 or 4. */
  readonly major: number;
  /** Runs `helm ARGS`, resolves with its standard output; throws HelmError when it fails. */
  readonly read: (args: readonly string[], input?: string) => Promise<string>;
  /** The same with `--output json`, read. */
  readonly readJson: (args: readonly string[], input?: string) => Promise<unknown>;
  /** The same, but in a session of its own and without an end: Ctrl-C lets it finish. */
  readonly write: (args: readonly string[], input: string) => Promise<string>;
}

/** Helm failed. The message is what Helm said on standard error, without its log lines. */
export class HelmError extends Error {
  /** The class's name, which a bundle shortens. */
  override readonly name = "HelmError";
}

/** What {@linkcode findHelm} needs. */
export interface HelmOptions {
  /** Starts Helm. */
  readonly spawn: Spawn;
  /** HELM_BIN and what else Helm gives to its plugins. */
  readonly env: (name: string) => string | undefined;
  /** Ends Helm, too. */
  readonly signal: AbortSignal;
}

/** Finds Helm and checks its version; throws HelmError when there is none, or one before 3.14. */
export async function findHelm({ spawn, env, signal }: HelmOptions): Promise<Helm> {
  const command = env("HELM_BIN") || "helm";
  const call = async (
    spawnOne: Spawn,
    args: readonly string[],
    input: string | undefined,
    ending: AbortSignal | undefined,
  ): Promise<string> => {
    const request = { command, args, ...(input === undefined ? {} : { input }) };
    const finished = await run(spawnOne, request, ending);
    if (finished.code === 0) return finished.stdout;
    throw new HelmError(helmMessage(finished.stderr) || `${command} ${args[0]} failed`);
  };
  let version: string;
  try {
    version = await call(spawn, ["version", "--short"], undefined, signal);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new HelmError(`Cannot find Helm as "${command}": set HELM_BIN, or run "helm nodeping"`, {
      cause,
    });
  }
  const [, major = 0, minor = 0] = (/v(\d+)\.(\d+)/.exec(version) ?? []).map(Number);
  if (major < 3 || (major === 3 && minor < 14)) {
    throw new HelmError(`Helm ${version.trim()} is too old: sync needs 3.14 or newer`);
  }
  return {
    major,
    read: (args, input) => call(spawn, args, input, signal),
    readJson: async (args, input) =>
      parseAnswer(await call(spawn, [...args, "--output", "json"], input, signal), args),
    write: (args, input) =>
      call((request) => spawn({ ...request, detached: true }), args, input, undefined),
  };
}

/** V8's own error would quote the answer, which may hold secrets. */
function parseAnswer(answer: string, args: readonly string[]): unknown {
  try {
    return JSON.parse(answer);
  } catch {
    throw new HelmError(`Cannot read the answer of "helm ${args.slice(0, 2).join(" ")}" as JSON`);
  }
}

/** What Helm said, without warnings and the log lines of Helm 4. */
function helmMessage(stderr: string): string {
  const lines = stderr.split("\n").map((line) => line.trim())
    .filter((line) =>
      line !== "" && !/^(level=|time=|WARNING:|[IWE]\d{4} |coalesce\.go)/.test(line)
    );
  const errors = lines.slice(Math.max(0, lines.findIndex((line) => line.startsWith("Error:"))));
  return errors.join("\n").replace(/^Error: /, "");
}

/** Kinds of failure that sync treats in a way of its own. */
export type HelmFailure = "lost-race" | "conflict" | "not-found" | "too-large" | "other";

/** Reads a failure of Helm 3.22 or 4.3 (both seen on a real API server). */
export function helmFailure(error: unknown): HelmFailure {
  if (!(error instanceof HelmError)) return "other";
  const { message } = error;
  if (
    /another operation .* is in progress|release: already exists/.test(message) ||
    /secrets? "sh\.helm\.release\.[^"]*" (not found|already exists)/.test(message) ||
    /the object has been modified; please apply your changes/.test(message)
  ) return "lost-race";
  if (/conflict occurred while applying|Apply failed with \d+ conflict/.test(message)) {
    return "conflict";
  }
  if (/Secret .* is invalid: data: Too long/s.test(message)) return "too-large";
  if (/release: not found|has no deployed releases/.test(message)) return "not-found";
  return "other";
}
