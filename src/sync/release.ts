/** Reads a Helm release: its revisions, and the node list that it has installed. @module */

import { parseAllDocuments } from "yaml";
import type { KubernetesApi } from "../kubernetes/client.ts";
import { listKey, syncEnabledAnnotation } from "../kubernetes/config_map.ts";
import { nodepingDaemonSets } from "../kubernetes/pods.ts";
import type { NodeEntry } from "../nodes/node_list.ts";
import { parseNodeList } from "../nodes/node_list_parser.ts";
import type { Clock } from "../platform/clock.ts";
import { run } from "../platform/process.ts";
import { helmFailure } from "./helm.ts";
import type { Helm, HelmOptions } from "./helm.ts";
import { settleSettings, valueAt } from "./settings.ts";
import type { SyncOptions, SyncSettings } from "./settings.ts";

/** One revision of a release. */
export interface Revision {
  /** Counted from 1. */
  readonly revision: number;
  /** As Helm calls it: deployed, failed, pending-upgrade and so on. */
  readonly status: string;
  /** Chart name and version, such as "nodeping-0.1.0". */
  readonly chart: string;
  /** As `helm history` shows it. */
  readonly description: string;
}

/** A release as sync finds it. */
export interface Release {
  /** As given to `helm install`. */
  readonly name: string;
  /** Oldest first, as far back as Helm keeps them. */
  readonly revisions: readonly Revision[];
  /** The newest, whatever became of it. */
  readonly last: Revision;
  /**
   * What an upgrade starts from, and what is installed: the last deployed revision, as in Helm's own
   * --reset-then-reuse-values; the last one when none ever was deployed.
   */
  readonly base: Revision;
}

/** No release is there to be synced; the message says what to do. */
export class NoReleaseError extends Error {
  /** The class's name, which a bundle shortens. */
  override readonly name = "NoReleaseError";
}

/** Arguments for Helm that list every release of a namespace, but those that were uninstalled. */
export const listArguments = ["list", "--deployed", "--failed", "--pending", "--max", "0"];

/** Names of nodeping's own releases in the JSON of {@linkcode listArguments}. */
export function nodepingReleases(listed: unknown): readonly string[] {
  return (listed as { name: string; chart: string }[])
    .filter(({ chart }) => /^nodeping-\d/.test(chart)).map(({ name }) => name);
}

/** Names of the namespace's nodeping releases, for completion; none when Helm fails. */
export async function completedReleases(
  { env, spawn, signal }: HelmOptions,
): Promise<readonly string[]> {
  try {
    const finished = await run(spawn, {
      command: env("HELM_BIN") || "helm",
      args: [...listArguments, "--output", "json"],
    }, signal);
    return nodepingReleases(JSON.parse(finished.stdout));
  } catch {
    // Nobody reads errors at a completion.
    return [];
  }
}

/** The name of the only nodeping release of the namespace; throws when there is none or more. */
async function findRelease(helm: Helm, namespace: string): Promise<string> {
  const releases = nodepingReleases(await helm.readJson(listArguments));
  const [only, ...others] = releases;
  if (only === undefined) {
    throw new NoReleaseError(
      `No nodeping release in namespace "${namespace}": give its namespace with -n, or its name ` +
        "if it is part of an umbrella chart",
    );
  }
  if (others.length > 0) {
    throw new NoReleaseError(
      `Several nodeping releases in namespace "${namespace}": name one of ${releases.join(", ")}`,
    );
  }
  return only;
}

/** Reads the revisions of a release; throws NoReleaseError when it is not there any more. */
export async function readRelease(helm: Helm, name: string, namespace: string): Promise<Release> {
  let history: unknown;
  try {
    history = await helm.readJson(["history", name]);
  } catch (error) {
    if (helmFailure(error) !== "not-found") throw error;
    throw new NoReleaseError(`No release "${name}" in namespace "${namespace}"`, { cause: error });
  }
  const revisions = (history as Revision[]).toSorted((a, b) => a.revision - b.revision);
  const last = revisions.at(-1);
  if (last === undefined || last.status.startsWith("uninstall")) {
    throw new NoReleaseError(`The release "${name}" in namespace "${namespace}" is uninstalled`);
  }
  const base = revisions.findLast(({ status }) => status === "deployed") ?? last;
  return { name, revisions, last, base };
}

/** Settings of {@linkcode waitUntilSettled}. */
export interface WaitOptions {
  /** Runs Helm. */
  readonly helm: Helm;
  /** Name of the release. */
  readonly name: string;
  /** Namespace of the release. */
  readonly namespace: string;
  /** What the wait is measured by. */
  readonly clock: Clock;
  /** Longest wait for an operation that is under way. */
  readonly timeoutMs: number;
  /** Ends the wait. */
  readonly signal: AbortSignal;
  /** Called once, when there is something to wait for. */
  readonly onWait: (message: string) => void;
}

/** Waits while an operation is under way; throws with the remedy when it does not end in time. */
export async function waitUntilSettled(options: WaitOptions): Promise<Release> {
  const { helm, name, namespace, clock, timeoutMs, signal, onWait } = options;
  const startMs = clock.monotonicMs();
  const limit = `${timeoutMs / 1000} s`;
  const place = `${name} --namespace ${namespace}`;
  for (let attempt = 0;; attempt++) {
    const release = await readRelease(helm, name, namespace);
    const { status, revision } = release.last;
    if (!status.startsWith("pending")) return release;
    if (attempt === 0) {
      onWait(`Revision ${revision} of "${name}" is ${status}: waiting ${limit} at most`);
    }
    if (clock.monotonicMs() - startMs >= timeoutMs) {
      throw new Error(
        `Revision ${revision} of "${name}" has been ${status} for ${limit}. If nobody is ` +
          `working on it any more, its helm was killed: "helm rollback ${place}" clears it ` +
          `(after "pending-install": helm uninstall ${place}), then run sync again`,
      );
    }
    await clock.sleep(2000, signal);
  }
}

/** A release, settled, with what it has installed. */
export interface ReleaseState {
  /** The release, and its newest revision. */
  readonly release: Release;
  /** What is rendered at that revision. */
  readonly objects: readonly unknown[];
  /** The node list in the rendered ConfigMap. */
  readonly nodes: readonly NodeEntry[];
  /** The text of that list. */
  readonly listText: string;
  /** What is wrong with that text; undefined when nothing is. */
  readonly listProblem: string | undefined;
  /** Name of the ConfigMap with that list. */
  readonly configMap: string;
  /** From the release's values. */
  readonly settings: SyncSettings;
  /** True when the release runs its own sync in the cluster. */
  readonly syncsItself: boolean;
}

/**
 * Reads a release once nothing is under way on it: the named one, or the only one of the namespace.
 * Throws where Flux owns it.
 */
export async function readReleaseState(
  deps: Omit<WaitOptions, "name" | "timeoutMs">,
  options: SyncOptions,
): Promise<ReleaseState> {
  const { helm, namespace } = deps;
  const name = options.release ?? await findRelease(helm, namespace);
  const release = await waitUntilSettled({ ...deps, name, timeoutMs: options.timeoutMs });
  const of = [release.name, "--revision", String(release.base.revision)];
  const objects = parseManifest(await helm.read(["get", "manifest", ...of]));
  const flux = fluxOwner(objects);
  if (flux !== undefined) {
    throw new Error(
      `The release "${release.name}" belongs to the Flux HelmRelease ${flux}, which would undo a ` +
        "revision of sync: write the nodes with --values-file into its repository, or set " +
        "sync.enabled in its values",
    );
  }
  const values = await helm.readJson(["get", "values", ...of, "--all"]);
  const { nodes, problem, configMap, text } = installedList(objects);
  return {
    release,
    objects,
    nodes,
    listText: text,
    listProblem: problem,
    configMap,
    settings: settleSettings(options, valueAt(values, options.valuesPath.slice(0, -1))),
    syncsItself: objects.some((object) => liveAnnotation(object) === "true"),
  };
}

/** The node list of a release: that of the one ConfigMap with the key nodes.json. */
export interface InstalledList {
  /** Name of the ConfigMap. */
  readonly configMap: string;
  /** Those that the agents take; empty where they take none. */
  readonly nodes: readonly NodeEntry[];
  /** As it is rendered. */
  readonly text: string;
  /** What is wrong with the text; undefined when nothing is. */
  readonly problem: string | undefined;
}

/** Finds the node list of a release; throws when there is none or several. */
export function installedList(objects: readonly unknown[]): InstalledList {
  const found = objects.filter((object) =>
    valueAt(object, ["kind"]) === "ConfigMap" && liveAnnotation(object) === undefined &&
    typeof valueAt(object, ["data", listKey]) === "string"
  );
  const names = found.map((object) => String(valueAt(object, ["metadata", "name"])));
  const [configMap, ...others] = names;
  if (configMap === undefined) {
    throw new Error(`The release renders no ConfigMap with the key "${listKey}": not nodeping`);
  }
  if (others.length > 0) {
    throw new Error(
      `The release renders several node lists (${names.join(", ")}): sync cannot choose one`,
    );
  }
  const text = String(valueAt(found[0], ["data", listKey]));
  const result = parseNodeList(text);
  const problem = result.problemCount === 0 ? undefined : result.problems.join("; ");
  return { configMap, nodes: result.kind === "valid" ? result.list.nodes : [], text, problem };
}

/** Set on the live list of the sync in the cluster, whose data is not Helm's: "true" or "false". */
function liveAnnotation(object: unknown): unknown {
  return valueAt(object, ["metadata", "annotations", syncEnabledAnnotation]);
}

/** Name of the Flux HelmRelease that made the objects; undefined when none did. */
export function fluxOwner(objects: readonly unknown[]): string | undefined {
  for (const object of objects) {
    const label = (key: string) =>
      valueAt(object, ["metadata", "labels", `helm.toolkit.fluxcd.io/${key}`]);
    if (label("name") !== undefined) return `${label("namespace") ?? ""}/${label("name")}`;
  }
  return undefined;
}

/**
 * Names of the objects that differ between two renderings of a release, as "Kind name", or as "Kind namespace/name"
 * in another namespace than the release's; empty when they say the same. A node list that is written
 * otherwise is no difference.
 */
export function manifestDifferences(
  left: readonly unknown[],
  right: readonly unknown[],
  namespace: string,
): readonly string[] {
  const [a, b] = [textsByIdentity(left, namespace), textsByIdentity(right, namespace)];
  const identities = new Set([...a.keys(), ...b.keys()]);
  const differing = [...identities].filter((one) => a.get(one) !== b.get(one));
  // One object in two API versions differs in both.
  return [...new Set(differing.map((identity) => identity.slice(identity.indexOf(" ") + 1)))];
}

/** By API version, kind, namespace and name. */
function textsByIdentity(
  objects: readonly unknown[],
  releaseNamespace: string,
): ReadonlyMap<string, string> {
  return new Map(
    objects.map((object) => {
      const namespace = valueAt(object, ["metadata", "namespace"]) ?? releaseNamespace;
      const name = valueAt(object, ["metadata", "name"]);
      const place = namespace === releaseNamespace ? name : `${namespace}/${name}`;
      const identity = `${valueAt(object, ["apiVersion"])} ${valueAt(object, ["kind"])} ${place}`;
      return [identity, JSON.stringify(sorted(withListRead(object)))];
    }),
  );
}

/** With the node list as agents take it, in place of its text: one list may be written in many ways. */
function withListRead(object: unknown): unknown {
  const data = valueAt(object, ["data"]);
  const text = valueAt(data, [listKey]);
  const result = typeof text === "string" ? parseNodeList(text) : undefined;
  if (result?.kind !== "valid") return object;
  const { nodes, externalTargets } = result.list;
  const read = { nodes: nodes.map((node) => JSON.stringify(node)).toSorted(), externalTargets };
  return { ...object as object, data: { ...data as object, [listKey]: read } };
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const pairs = Object.entries(value).map((
    [key, inner],
  ): [string, unknown] => [key, sorted(inner)]);
  return Object.fromEntries(pairs.toSorted(([a], [b]) => a < b ? -1 : 1));
}

/** Reads the objects of a manifest. Throws where it is no YAML. */
export function parseManifest(text: string): readonly unknown[] {
  return parseAllDocuments(text).map((document): unknown => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return document.toJS();
  }).filter((object) => object !== null && object !== undefined);
}

/** The error's message, and what to do where another release, Argo CD or `helm template` made it. */
export async function explainNoRelease(
  error: NoReleaseError,
  api: KubernetesApi,
  signal: AbortSignal,
): Promise<string> {
  // Who may not list DaemonSets gets the error as it is.
  const all = await nodepingDaemonSets(api, signal).catch(() => []);
  const found = all.find(({ helmRelease }) => helmRelease === undefined);
  if (found === undefined) {
    const [only, ...others] = all;
    return only === undefined || others.length > 0 ? error.message : error.message +
      `; the DaemonSet "${only.name}" there is of release "${only.helmRelease}"`;
  }
  const owner = found.argoApplication === undefined
    ? "was not made by a Helm release (Argo CD and `helm template` leave none)"
    : `belongs to the Argo CD application "${found.argoApplication}"`;
  return `${error.message}, but the DaemonSet "${found.name}" there ${owner}: write the nodes with ` +
    "--values-file into its repository, or set sync.enabled in its values, so that a sync in the " +
    "cluster keeps them";
}
