/** Kubeconfig files: read, made absolute and merged as kubectl does. @module */

import { dirname, isAbsolute, join } from "node:path";
import { ConnectionError } from "./endpoint.ts";
import type { ReadEnv } from "./endpoint.ts";
import { parse as parseYaml } from "yaml";

type Fields = Record<string, unknown>;

/** A named entry of a kubeconfig: a cluster, user or context. */
export interface NamedEntry extends Record<string, unknown> {
  /** What the contexts refer to. */
  readonly name: string;
}

/** One kubeconfig, merged from all files. */
export interface Kubeconfig {
  /** API servers, each name once. */
  readonly clusters: readonly NamedEntry[];
  /** Credentials, each name once. */
  readonly users: readonly NamedEntry[];
  /** Pairs of both, each name once. */
  readonly contexts: readonly NamedEntry[];
  /** Name of the context in use: that of the first file that sets one. */
  readonly currentContext: string | undefined;
}

/**
 * Reads KUBECONFIG (a list of files; those that do not exist are passed over) or ~/.kube/config.
 * The first file that names an entry, or the current context, wins. Undefined when no file exists.
 */
export async function readKubeconfig(env: ReadEnv): Promise<Kubeconfig | undefined> {
  const listed = env("KUBECONFIG");
  const files = listed
    ? listed.split(Deno.build.os === "windows" ? ";" : ":").filter((file) => file !== "")
    : [join(env("HOME") || env("USERPROFILE") || "/", ".kube", "config")];
  const read = (await Promise.all(files.map(readFile))).filter((one) => one !== undefined);
  return read.length === 0 ? undefined : {
    clusters: firstWins(read.flatMap((one) => one.clusters)),
    users: firstWins(read.flatMap((one) => one.users)),
    contexts: firstWins(read.flatMap((one) => one.contexts)),
    currentContext: read.find((one) => one.currentContext)?.currentContext,
  };
}

function firstWins(entries: readonly NamedEntry[]): NamedEntry[] {
  const byName = new Map<string, NamedEntry>();
  for (const entry of entries) if (!byName.has(entry.name)) byName.set(entry.name, entry);
  return [...byName.values()];
}

async function readFile(file: string): Promise<Kubeconfig | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    const detail = cause instanceof Error ? cause.message : cause;
    throw new ConnectionError(`Cannot read the kubeconfig "${file}": ${detail}`, { cause });
  }
  try {
    return parseKubeconfig(text, dirname(file));
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message.split("\n")[0] : cause;
    throw new ConnectionError(`Cannot read the kubeconfig "${file}" as YAML: ${detail}`, { cause });
  }
}

/** Reads one kubeconfig; relative paths in it are relative to its directory. */
function parseKubeconfig(text: string, directory: string): Kubeconfig {
  const document = parseYaml(text);
  const fields: Fields = isFields(document) ? document : {};
  const absolute = (section: Fields, key: string) => {
    const path = section[key];
    if (typeof path === "string" && path !== "" && !isAbsolute(path)) {
      section[key] = join(directory, path);
    }
  };
  const clusters = entries(fields["clusters"]);
  for (const { cluster } of clusters) {
    if (isFields(cluster)) absolute(cluster, "certificate-authority");
  }
  const users = entries(fields["users"]);
  for (const { user } of users) {
    if (!isFields(user)) continue;
    for (const key of ["client-certificate", "client-key", "tokenFile"]) absolute(user, key);
    const exec = user["exec"];
    // As kubectl: a command with a slash is a path beside the kubeconfig, one without is on PATH.
    if (isFields(exec) && String(exec["command"]).includes("/")) absolute(exec, "command");
  }
  const current = fields["current-context"];
  return {
    clusters,
    users,
    contexts: entries(fields["contexts"]),
    currentContext: typeof current === "string" && current !== "" ? current : undefined,
  };
}

function entries(section: unknown): NamedEntry[] {
  if (!Array.isArray(section)) return [];
  return section.filter((entry): entry is NamedEntry =>
    isFields(entry) && typeof entry["name"] === "string"
  );
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
