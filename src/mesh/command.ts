/** What the commands that read the mesh have in common: the flags that choose where to read, and one run. @module */

import { exitCode } from "../command.ts";
import type { ExitCode } from "../command.ts";
import type { ProgramDeps } from "../platform/process.ts";
import { flagHelp, parseDurationMs, parseFlags } from "../flags.ts";
import type { FlagSpec, ParsedFlags } from "../flags.ts";
import type { ReleaseSettings } from "./agent_pods.ts";
import { agentsAtUrls, readAgents } from "./agents.ts";
import type { AgentSource } from "./agents.ts";
import type { MeshReading } from "./mesh.ts";
import { readPrometheus } from "./prometheus.ts";
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
  };

/** Agents that are read directly. */
export type AgentsOrigin =
  | ({ readonly kind: "agents"; readonly windowMs: number } & ReleaseSettings)
  | { readonly kind: "urls"; readonly urls: readonly string[]; readonly windowMs: number };

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

/** What reading is given from outside. */
export interface ReadDeps {
  /** Variable of the environment. */
  readonly env: (name: string) => string | undefined;
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
      using agents = await openAgents(origin, deps.env);
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

/** Finds the agents. Throws for people where there is no cluster to look in. */
export async function openAgents(
  origin: AgentsOrigin,
  env: ReadDeps["env"],
): Promise<AgentSource> {
  if (origin.kind === "urls") return agentsAtUrls(origin.urls);
  // Loaded only here: the Kubernetes client weighs much, and the other origins do without.
  const { agentsOfRelease } = await import("./agent_pods.ts");
  return await agentsOfRelease(origin, env);
}

/** What a command makes of its own flags. */
export interface ReadSettings<Settings> {
  /** Meaningless where there are problems. */
  readonly settings: Settings;
  /** What is wrong with the flags, ready to be shown. */
  readonly problems: readonly string[];
}

/** A command that reads the mesh. */
export interface MeshCommand<Settings> {
  /** As typed after "nodeping". */
  readonly name: string;
  /** First line of the help. */
  readonly title: string;
  /** Its own flags, after those that choose where to read. */
  readonly flags: readonly FlagSpec[];
  /** Last lines of the help. */
  readonly footer?: string;
  /** Reads its own flags; those of the origin are not its business. */
  readonly readSettings: (parsed: ParsedFlags) => ReadSettings<Settings>;
  /** Does the work; what it throws is shown, and the command fails. */
  readonly run: (
    settings: Settings,
    /** Reads the mesh anew at each call, showing progress. */
    read: () => Promise<MeshReading>,
    context: ProgramDeps,
  ) => Promise<ExitCode>;
}

/** All flags of the command, for its help and completion. */
export function meshCommandFlags(flags: readonly FlagSpec[]): readonly FlagSpec[] {
  return [...originFlags, ...flags];
}

/** Runs a command: help, the problems of all flags at once, or its work. */
export async function runMeshCommand<Settings>(
  command: MeshCommand<Settings>,
  context: ProgramDeps,
): Promise<ExitCode> {
  const parsed = parseFlags(meshCommandFlags(command.flags), context.args);
  if (parsed.switches.has("help")) {
    context.out(helpOf(command));
    return exitCode.done;
  }
  const origin = meshOrigin(parsed, context.env);
  const { settings, problems } = command.readSettings(parsed);
  if (origin.kind === "invalid" || parsed.problems.length + problems.length > 0) {
    const ofOrigin = origin.kind === "invalid" ? origin.problems : [];
    showProblems([...parsed.problems, ...problems, ...ofOrigin], context);
    return exitCode.usage;
  }
  const read = async (): Promise<MeshReading> => {
    using line = statusLine(context.err);
    return await readMesh(origin, { env: context.env, status: line.show }, context.signal);
  };
  try {
    return await command.run(settings, read, context);
  } catch (error) {
    context.err(`${printableMessage(error)}\n`);
    return exitCode.failure;
  }
}

/** Writes each on a line of its own to standard error, whatever an agent's answer put into it. */
export function showProblems(problems: readonly string[], { err }: ProgramDeps): void {
  for (const problem of problems) err(`${printable(problem)}\n`);
}

function helpOf<Settings>(command: MeshCommand<Settings>): string {
  const { name, title, flags, footer = "" } = command;
  return `${title}

Usage: helm nodeping ${name} [RELEASE] [flags]
       nodeping ${name} (--textfiles DIR | --prometheus URL) [flags]

${originHelp}
Flags:
${flagHelp(meshCommandFlags(flags))}${footer}`;
}
