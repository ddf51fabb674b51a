/** The readers of the mesh behind one door, chosen by the flags that matrix and diagnose share. @module */

import { parseDurationMs } from "../duration.ts";
import type { FlagSpec, ParsedFlags } from "../flags.ts";
import type { MeshReading } from "./build_mesh.ts";
import { readPrometheus } from "./prometheus.ts";
import { diskTextfileReader, readTextfiles } from "./textfiles.ts";

/** Where measurements come from. */
export type MeshOrigin =
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
    name: "textfiles",
    value: "DIR",
    help: "read the agents' *.prom of a directory, all they hold",
  },
  {
    name: "prometheus",
    value: "URL",
    help: "read a Prometheus; user:password in the URL, or a token in PROMETHEUS_TOKEN",
  },
  { name: "window", value: "D", help: "with --prometheus: the time to look at (default 15s)" },
];

/** What the flags ask for, or what is wrong with them. */
export function meshOrigin(
  { values }: ParsedFlags,
  env: (name: string) => string | undefined,
): MeshOrigin | { readonly kind: "invalid"; readonly problems: readonly string[] } {
  const directory = values.get("textfiles");
  const url = values.get("prometheus");
  const window = values.get("window") ?? "15s";
  const windowMs = parseDurationMs(window);
  const problems: string[] = [];
  if (windowMs === undefined || windowMs < 1000) {
    problems.push(`--window is "${window}": write a duration of at least 1s, such as 15s or 5m`);
  }
  if ((directory === undefined) === (url === undefined)) {
    problems.push(
      "Say where the measurements are: --textfiles DIR or --prometheus URL, one of them",
    );
  }
  if (url !== undefined && !/^https?:/.test(URL.parse(url)?.protocol ?? "")) {
    problems.push(`--prometheus is "${url}": write a URL such as http://localhost:9090`);
  }
  if (problems.length > 0) return { kind: "invalid", problems };
  if (directory !== undefined) return { kind: "textfiles", directory };
  const token = env("PROMETHEUS_TOKEN");
  return {
    kind: "prometheus",
    url: url ?? "",
    windowMs: windowMs ?? 0,
    ...(token ? { token } : {}),
  };
}

/** Reads the mesh. Throws an Error for people when there is nothing to show. */
export function readMesh(origin: MeshOrigin, signal: AbortSignal): Promise<MeshReading> {
  if (origin.kind === "textfiles") return readTextfiles(origin.directory, diskTextfileReader);
  return readPrometheus(origin, fetch, signal);
}
