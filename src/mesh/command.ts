/** What the commands that read the mesh have in common: the flags that choose where to read, and one run. @module */

import { exitCode } from "../exit_code.ts";
import type { ExitCode } from "../exit_code.ts";
import type { ConnectDeps } from "../kubernetes/credentials.ts";
import type { ProgramDeps } from "../platform/process.ts";
import { durationFlag, listFlag, pathFlag, switchFlag, textFlag, urlFlag } from "../flag_values.ts";
import { flagHelp, parseFlags } from "../flags.ts";
import type { CommandLine, FlagTable, GivenFlags } from "../flags.ts";
import { agentsAtUrls, agentsOfRelease, readAgents } from "./agents.ts";
import type { AgentSource, ReleaseSettings } from "./agents.ts";
import type { MeshReading } from "./mesh.ts";
import { defaultClusterLabel, readPrometheus } from "./prometheus.ts";
import { diskTextfileReader, readTextfiles } from "./textfiles.ts";
import { systemClock } from "../platform/clock.ts";
import { printable, printableMessage, statusLine } from "../platform/terminal.ts";

/** Where measurements come from. */
export type MeshOrigin =
  | AgentsOrigin
  | { readonly kind: "textfiles"; readonly directory: string }
  | {
    readonly kind: "prometheus";
    readonly url: string;
    readonly token?: string;
    readonly windowMs: number;
    readonly cluster?: string;
    readonly clusterLabel: string;
  };

/** Agents that are read directly. */
export type AgentsOrigin =
  | ({ readonly kind: "agents"; readonly windowMs: number } & ReleaseSettings)
  | { readonly kind: "urls"; readonly urls: readonly string[]; readonly windowMs: number };

/** What the flags that choose the origin give. */
export interface OriginSettings {
  /** Of the agents; that of Helm or the kubeconfig where undefined. */
  readonly namespace: string | undefined;
  /** Connects with the service account of the pod. */
  readonly inCluster: boolean;
  /** URLs of agents to read directly, without a cluster. */
  readonly agents: readonly string[] | undefined;
  /** A directory to read in place of agents. */
  readonly textfiles: string | undefined;
  /** URL of a Prometheus to read in place of agents. */
  readonly prometheus: string | undefined;
  /** Of a Prometheus with several clusters, the one to read: its name, or LABEL=NAME. */
  readonly cluster: string | undefined;
  /** The time to look at; {@linkcode defaultWindowMs} where undefined. */
  readonly windowMs: number | undefined;
}

/** Of Prometheus, the rules' window: two scrapes at the usual intervals of up to a minute. */
const defaultWindowMs = { agents: 15_000, prometheus: 120_000 } as const;

/** The flags that choose the origin. */
export const originFlags: FlagTable<OriginSettings> = {
  namespace: textFlag({
    name: "namespace",
    short: "n",
    placeholder: "NAME",
    help: "of the agents (default: that of Helm or the kubeconfig)",
  }),
  inCluster: switchFlag({
    name: "in-cluster",
    help: "in a pod: connect with its service account, and look nowhere else",
  }),
  agents: listFlag(
    { name: "agents", help: "read agents directly, also outside Kubernetes" },
    urlFlag({ name: "agents", help: "" }, "http://192.0.2.1:10927"),
  ),
  textfiles: pathFlag({
    name: "textfiles",
    placeholder: "DIR",
    help: "read the agents' *.prom of a directory, all they hold",
  }),
  prometheus: urlFlag({
    name: "prometheus",
    help: "read a Prometheus; user:password in the URL, or a token in PROMETHEUS_TOKEN",
  }, "http://localhost:9090"),
  cluster: textFlag({
    name: "cluster",
    placeholder: "NAME",
    help:
      `with --prometheus: the one cluster to read, by its label "${defaultClusterLabel}", or LABEL=NAME`,
  }),
  windowMs: durationFlag({
    name: "window",
    help:
      "the time to look at (default 15s of agents, 2m of a Prometheus); textfiles have no window",
  }, { minMs: 1000 }),
};

/** How agents are read, in the help of the commands that read them twice. */
const twoReadings = `twice through the API server:
what happened between the two readings counts.`;

/** Sources that exclude each other, and what only the agents' source takes. */
export function originProblems(
  given: GivenFlags,
  [release]: readonly string[],
): readonly string[] {
  const elsewhere = ["agents", "textfiles", "prometheus"].filter((name) => given.has(name))
    .map((name) => `--${name}`);
  const isOfAgents = release !== undefined || given.has("namespace") || given.has("in-cluster");
  return [
    ...(elsewhere.length > 1 ? [`${elsewhere.join(" and ")} exclude each other`] : []),
    ...(elsewhere.length > 0 && isOfAgents
      ? [`${elsewhere[0]} takes no RELEASE, --namespace or --in-cluster`]
      : []),
    ...(given.has("cluster") && !given.has("prometheus") ? ["--cluster needs --prometheus"] : []),
  ];
}

/** Where the flags and the argument RELEASE ask to read. */
export function meshOrigin(
  { agents, textfiles, prometheus, cluster, namespace, inCluster, windowMs }: OriginSettings,
  [release]: readonly string[],
  env: (name: string) => string | undefined,
): MeshOrigin {
  const ofAgents = windowMs ?? defaultWindowMs.agents;
  if (agents !== undefined) return { kind: "urls", urls: agents, windowMs: ofAgents };
  if (textfiles !== undefined) return { kind: "textfiles", directory: textfiles };
  if (prometheus !== undefined) {
    const token = env("PROMETHEUS_TOKEN");
    return {
      ...{ kind: "prometheus", url: prometheus },
      windowMs: windowMs ?? defaultWindowMs.prometheus,
      ...clusterOf(cluster),
      ...(token ? { token } : {}),
    };
  }
  return {
    kind: "agents",
    windowMs: ofAgents,
    inCluster,
    ...(release === undefined ? {} : { release }),
    ...(namespace === undefined ? {} : { namespace }),
  };
}

/** Of NAME or LABEL=NAME; a name is empty where its series have no such label. */
function clusterOf(
  text: string | undefined,
): { readonly clusterLabel: string; readonly cluster?: string } {
  if (text === undefined) return { clusterLabel: defaultClusterLabel };
  const [, clusterLabel = defaultClusterLabel, cluster = ""] =
    /^(?:([a-zA-Z_]\w*)=)?(.*)$/s.exec(text) ?? [];
  return { clusterLabel, cluster };
}

/** What reading is given from outside. */
export interface ReadDeps extends ConnectDeps {
  /** Shows what goes on, in a line that is replaced. */
  readonly status: (message: string) => void;
}

/** Reads the mesh. Throws an Error for people when there is nothing to show. */
export async function readMesh(
  origin: MeshOrigin,
  deps: ReadDeps,
  signal: AbortSignal,
): Promise<MeshReading> {
  switch (origin.kind) {
    case "textfiles":
      return await readTextfiles(origin.directory, diskTextfileReader);
    case "prometheus":
      return await readPrometheus(origin, fetch, signal);
    case "urls":
    case "agents": {
      using agents = await openAgents(origin, deps);
      const progress = (done: number, of: number, reading: 1 | 2) =>
        deps.status(
          reading === 1 && done === of
            ? `Watching ${of} agents for ${origin.windowMs / 1000} s`
            : `Reading agents: ${done} of ${of}, reading ${reading} of 2`,
        );
      return await readAgents(agents, origin.windowMs, { clock: systemClock, progress }, signal);
    }
  }
}

/**
 * Finds the agents; says where the API server lets wait, if that is wanted. Throws for people where
 * there is no cluster to look in.
 */
export async function openAgents(
  origin: AgentsOrigin,
  deps: ConnectDeps,
  reportsWaits: boolean = true,
): Promise<AgentSource> {
  if (origin.kind === "urls") return agentsAtUrls(origin.urls);
  return await agentsOfRelease(origin, deps, reportsWaits);
}

/** A command that reads the mesh. */
export interface MeshCommand<Settings extends OriginSettings> {
  /** As typed after "nodeping". */
  readonly name: string;
  /** First line of the help. */
  readonly title: string;
  /** {@linkcode originFlags} and its own. */
  readonly flags: FlagTable<Settings>;
  /** How agents are read, for the help, where it is not twice. */
  readonly readings?: string;
  /** Last lines of the help. */
  readonly footer?: string;
  /** Problems of its own flags together. */
  readonly check?: CommandLine<Settings>["check"];
  /** Does the work; what it throws is shown, and the command fails. */
  readonly run: (
    settings: Settings,
    /** Reads the mesh anew at each call, showing progress. */
    read: () => Promise<MeshReading>,
    deps: ProgramDeps,
    /** Where it reads. */
    origin: MeshOrigin,
  ) => Promise<ExitCode>;
}

/** Runs a command: help, the problems of all flags at once, or its work. */
export async function runMeshCommand<Settings extends OriginSettings>(
  command: MeshCommand<Settings>,
  deps: ProgramDeps,
): Promise<ExitCode> {
  const parsed = parseFlags(command.flags, {
    args: deps.args,
    operands: { name: "release", max: 1 },
    check: (settings, given, operands) => [
      ...command.check?.(settings, given, operands) ?? [],
      ...originProblems(given, operands),
    ],
  });
  if (parsed.kind === "help") {
    deps.out(helpOf(command));
    return exitCode.done;
  }
  if (parsed.kind === "invalid") {
    showProblems(parsed.problems, deps);
    return exitCode.usage;
  }
  const { settings } = parsed;
  const origin = meshOrigin(settings, parsed.operands, deps.env);
  const read = async (): Promise<MeshReading> => {
    using line = statusLine(deps.err);
    return await readMesh(origin, { ...deps, status: line.show }, deps.signal);
  };
  try {
    return await command.run(settings, read, deps, origin);
  } catch (error) {
    deps.err(`${printableMessage(error)}\n`);
    return exitCode.failure;
  }
}

/** Writes each on a line of its own to standard error, whatever an agent's answer put into it. */
export function showProblems(problems: readonly string[], { err }: ProgramDeps): void {
  for (const problem of problems) err(`${printable(problem)}\n`);
}

function helpOf<Settings extends OriginSettings>(command: MeshCommand<Settings>): string {
  const { name, title, flags, readings = twoReadings, footer = "" } = command;
  return `${title}

Usage: helm nodeping ${name} [RELEASE] [flags]
       nodeping ${name} (--agents URL,... | --textfiles DIR | --prometheus URL) [flags]

Reads the agents of RELEASE, or of every release in the namespace, ${readings} Needs the verbs "list" of pods and "get" of pods/proxy.
--agents, --textfiles and --prometheus read elsewhere, without a cluster.

Flags:
${flagHelp(flags)}${footer}`;
}
