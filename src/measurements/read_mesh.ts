/** The readers of the mesh behind one door, chosen by the flags that matrix and diagnose share. @module */

import { parseDurationMs } from "../duration.ts";
import type { FlagSpec, ParsedFlags } from "../flags.ts";
import type { MeshReading } from "./build_mesh.ts";
import type { LiveSettings, LiveSurroundings } from "./live_mesh.ts";
import { readPrometheus } from "./prometheus.ts";
import { diskTextfileReader, readTextfiles } from "./textfiles.ts";

/** Where measurements come from. */
export type MeshOrigin =
  | ({ readonly kind: "agents" } & LiveSettings)
  | { readonly kind: "textfiles"; readonly directory: string }
  | {
    readonly kind: "prometheus";
    readonly url: string;
    readonly token?: string;
    readonly windowMs: number;
  };

/** The flags that choose the origin. */
export const originFlags: readonly FlagSpec[] = [
  {
    name: "namespace",
    short: "n",
    value: "NAME",
    help: "of the agents (default: that of Helm or the kubeconfig)",
  },
  { name: "in-cluster", help: "in a pod: connect with its service account, and look nowhere else" },
  {
    name: "textfiles",
    value: "DIR",
    help: "read the agents' *.prom of a directory, all they hold",
  },
  {
    name: "prometheus",
    value: "URL",
    help: "read a Prometheus; user:password in the URL, or a token in PROMETHEUS_TOKEN",
  },
  {
    name: "window",
    value: "D",
    help: "the time to look at (default 15s); textfiles have no window",
  },
];

/** For the help of the commands. */
export const originHelp =
  `Reads the agents of RELEASE, or of every release in the namespace, twice through the API server:
what happened between the two readings counts. Needs the verbs "list" of pods and "get" of pods/proxy.
--textfiles and --prometheus read elsewhere, without a cluster.
`;

/** The problems of a command line, as a result. */
export interface InvalidOrigin {
  /** Tells it from an origin. */
  readonly kind: "invalid";
  /** One line each, ready to be shown. */
  readonly problems: readonly string[];
}

/** What the flags and the argument RELEASE ask for, or what is wrong with them. */
export function meshOrigin(
  { values, switches, positionals }: ParsedFlags,
  env: (name: string) => string | undefined,
): MeshOrigin | InvalidOrigin {
  const directory = values.get("textfiles");
  const url = values.get("prometheus");
  const namespace = values.get("namespace");
  const [release, extra] = positionals;
  const inCluster = switches.has("in-cluster");
  const window = values.get("window") ?? "15s";
  const windowMs = parseDurationMs(window);
  const problems: string[] = [];
  if (windowMs === undefined || windowMs < 1000) {
    problems.push(`--window is "${window}": write a duration of at least 1s, such as 15s or 5m`);
  }
  if (directory !== undefined && url !== undefined) {
    problems.push("--textfiles and --prometheus exclude each other");
  }
  const elsewhere = directory !== undefined ? "--textfiles" : url && "--prometheus";
  if (elsewhere && (release ?? namespace ?? (inCluster || undefined)) !== undefined) {
    problems.push(`${elsewhere} takes no RELEASE, --namespace or --in-cluster`);
  }
  if (extra !== undefined) problems.push(`More than one release: ${positionals.join(", ")}`);
  if (url !== undefined && !/^https?:/.test(URL.parse(url)?.protocol ?? "")) {
    problems.push(`--prometheus is "${url}": write a URL such as http://localhost:9090`);
  }
  if (problems.length > 0 || windowMs === undefined) return { kind: "invalid", problems };
  if (directory !== undefined) return { kind: "textfiles", directory };
  if (url !== undefined) {
    const token = env("PROMETHEUS_TOKEN");
    return { kind: "prometheus", url, windowMs, ...(token ? { token } : {}) };
  }
  return {
    kind: "agents",
    windowMs,
    inCluster,
    ...(release === undefined ? {} : { release }),
    ...(namespace === undefined ? {} : { namespace }),
  };
}

/** Reads the mesh. Throws an Error for people when there is nothing to show. */
export async function readMesh(
  origin: MeshOrigin,
  surroundings: LiveSurroundings,
  signal: AbortSignal,
): Promise<MeshReading> {
  switch (origin.kind) {
    case "textfiles":
      return await readTextfiles(origin.directory, diskTextfileReader);
    case "prometheus":
      return await readPrometheus(origin, fetch, signal);
    case "agents": {
      // Loaded only here: the Kubernetes client weighs much, and the other origins do without.
      const { readLiveMesh } = await import("./live_mesh.ts");
      return await readLiveMesh(origin, surroundings, signal);
    }
  }
}
