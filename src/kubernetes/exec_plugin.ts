/** Credential plugins (client.authentication.k8s.io): run as kubectl runs them, and their answers kept. @module */

import { basename } from "node:path";
import { ConnectionError } from "./endpoint.ts";
import type { Endpoint } from "./endpoint.ts";
import type { ExecSettings } from "./kubeconfig.ts";
import { isFields } from "./kubeconfig_files.ts";
import type { Child, Spawn } from "../platform/process.ts";
import { errorMessage } from "../platform/terminal.ts";

/** What a plugin needs from outside. */
export interface ExecPluginDeps {
  /** Starts the plugin. */
  readonly spawn: Spawn;
  /** Shows what the plugin writes to standard error, as it comes: a code to enter, a question. */
  readonly err: (text: string) => void;
  /** Ends the plugin, too. */
  readonly signal: AbortSignal;
  /** Whether a person can answer on standard input. */
  readonly isInteractive: boolean;
  /** Unix time in milliseconds. */
  readonly wallMs: () => number;
}

/** What a plugin says of who one is: a token, a client certificate or both. */
export interface PluginCredential {
  /** Bearer token. */
  readonly token?: string;
  /** PEM texts. */
  readonly clientCertificate?: NonNullable<Endpoint["clientCertificate"]>;
}

/** The cluster that the credential is for, as a plugin with provideClusterInfo gets it (ExecCredential.spec.cluster). */
export type ClusterInfo = Readonly<Record<string, unknown>>;

interface KeptCredential {
  readonly credential: PluginCredential;
  /** Unix time; without end where the plugin says none. */
  readonly expiresMs: number;
}

/**
 * Gives the plugin's credential, which is kept until its own end; requests that come at the same time
 * share one run. Throws ConnectionError when the plugin fails.
 */
export function pluginCredentials(
  settings: ExecSettings,
  cluster: ClusterInfo,
  deps: ExecPluginDeps,
): () => Promise<PluginCredential> {
  let kept: Promise<KeptCredential> | undefined;
  const renew = (): Promise<KeptCredential> => {
    const renewed = runPlugin(settings, cluster, deps);
    kept = renewed;
    renewed.catch(() => void (kept = undefined));
    return renewed;
  };
  return async () => {
    const before = kept;
    const known = await before;
    if (known !== undefined && known.expiresMs > deps.wallMs()) return known.credential;
    return (await (kept === undefined || kept === before ? renew() : kept)).credential;
  };
}

async function runPlugin(
  settings: ExecSettings,
  cluster: ClusterInfo,
  deps: ExecPluginDeps,
): Promise<KeptCredential> {
  const { apiVersion, command, args, interactiveMode, provideClusterInfo } = settings;
  const isInteractive = interactiveMode !== "Never" && deps.isInteractive;
  if (interactiveMode === "Always" && !isInteractive) {
    throw failure(settings, "has to ask a person, and standard input is no terminal");
  }
  const spec = { interactive: isInteractive, ...(provideClusterInfo ? { cluster } : {}) };
  const info = JSON.stringify({ apiVersion, kind: "ExecCredential", spec });
  deps.signal.throwIfAborted();
  let child: Child;
  try {
    child = deps.spawn({
      ...{ command, args, env: { ...settings.env, KUBERNETES_EXEC_INFO: info } },
      ...(isInteractive ? { inheritsInput: true } : {}),
    });
  } catch (cause) {
    throw failure(settings, `cannot be started: ${startProblem(cause)}`, cause);
  }
  const stop = () => child.kill("SIGTERM");
  deps.signal.addEventListener("abort", stop);
  try {
    const [answer, words, { code }] = await Promise.all([
      new Response(child.stdout).text(),
      passOn(child.stderr, basename(command), deps.err),
      child.status,
    ]);
    deps.signal.throwIfAborted();
    if (code !== 0) {
      throw failure(settings, `ended with exit code ${code}${words === "" ? "" : `: ${words}`}`);
    }
    return readAnswer(answer, settings);
  } finally {
    deps.signal.removeEventListener("abort", stop);
  }
}

function startProblem(cause: unknown): string {
  if (cause instanceof Deno.errors.NotFound) return "there is no such program";
  return errorMessage(cause);
}

/** As much of the plugin's words as an error repeats. */
const maxWords = 500;

/** Shows the text as it comes, each line under the plugin's name; resolves with the last of it, on one line. */
async function passOn(
  stream: ReadableStream<Uint8Array>,
  name: string,
  show: (text: string) => void,
): Promise<string> {
  const decoder = new TextDecoder();
  let words = "";
  let isNewLine = true;
  for await (const bytes of stream) {
    const text = decoder.decode(bytes, { stream: true });
    if (text === "") continue;
    show(`${isNewLine ? `${name}: ` : ""}${text.replace(/\n(?!$)/g, `\n${name}: `)}`);
    isNewLine = text.endsWith("\n");
    words = (words + text).slice(-maxWords);
  }
  return words.trim().replace(/\s+/g, " ");
}

/** An answer may hold secrets: messages never quote it. */
function readAnswer(text: string, settings: ExecSettings): KeptCredential {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw failure(settings, "gave an answer that is no JSON");
  }
  const { apiVersion, kind, status } = isFields(answer) ? answer : {};
  if (kind !== "ExecCredential" || apiVersion !== settings.apiVersion) {
    throw failure(
      settings,
      `answered with ${kind} of ${apiVersion}, not ExecCredential of ${settings.apiVersion}`,
    );
  }
  if (!isFields(status)) throw failure(settings, "gave an answer without status");
  const text64 = (field: string) => typeof status[field] === "string" ? status[field] : "";
  const [token, cert, key] = ["token", "clientCertificateData", "clientKeyData"].map(text64);
  if (Boolean(cert) !== Boolean(key)) {
    throw failure(settings, "gave a client certificate without its key, or a key alone");
  }
  if (!token && !cert) throw failure(settings, "gave neither a token nor a client certificate");
  const end = status["expirationTimestamp"] ?? undefined;
  const expiresMs = end === undefined ? Infinity : Date.parse(String(end));
  if (Number.isNaN(expiresMs)) {
    throw failure(settings, "gave an expirationTimestamp that is no time");
  }
  return {
    credential: {
      ...(token ? { token } : {}),
      ...(cert && key ? { clientCertificate: { cert, key } } : {}),
    },
    expiresMs,
  };
}

function failure(settings: ExecSettings, problem: string, cause?: unknown): ConnectionError {
  const { command, installHint } = settings;
  const hint = installHint === undefined ? "" : `. The kubeconfig's hint: ${installHint.trim()}`;
  return new ConnectionError(`The credential plugin "${command}" ${problem}${hint}`, { cause });
}
