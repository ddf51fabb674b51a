/** The settings of the agent: what each flag and variable may say. @module */

import { flagHelp, parseDurationMs } from "../flags.ts";
import type { FlagSpec, ParsedFlags } from "../flags.ts";
import { isNodeName } from "../nodes/address.ts";
import type { ListenAddress } from "../output/http.ts";
import { logLevels } from "../platform/log.ts";
import type { LogFormat, LogLevel } from "../platform/log.ts";
import { largestFullMesh, leastMeshDegree, sampledMeshDegree } from "../targets/peers.ts";
import type { MeshDegree } from "../targets/peers.ts";

/** Everything that can be set. */
export interface AgentSettings {
  /** Path of nodes.json. */
  readonly configPath: string;
  /** Name of the node this runs on: its source_node, left out of its destinations. */
  readonly node: string;
  /** Undefined: no textfile is written. */
  readonly textfileDir: string | undefined;
  /** Start of the textfile's name, before the node's. */
  readonly textfilePrefix: string;
  /** Leaves the textfile in place at the end, where it would be exported for ever. */
  readonly keepTextfile: boolean;
  /** Time from one probe of a destination to the next. */
  readonly periodMs: number;
  /** Time after which a probe without a reply is lost. */
  readonly timeoutMs: number;
  /** Data bytes of a probe, without the headers of ICMP and IP. */
  readonly sizeBytes: number;
  /** Time from one textfile to the next. */
  readonly writeIntervalMs: number;
  /** Time over which minimum, maximum and deviation of round-trip times slide. */
  readonly statsWindowMs: number;
  /** In the order to try them, each where it can be had; empty: no listener. */
  readonly listen: readonly ListenAddress[];
  /** How many nodes of the list are probed. */
  readonly meshDegree: MeshDegree;
  /** Nodes up to which the mesh degree "auto" is a full mesh. */
  readonly fullMeshLimit: number;
  /** Raw sockets need NET_RAW, ping sockets a group within net.ipv4.ping_group_range. */
  readonly sockets: "raw" | "ping";
  /** Path or name of fping. */
  readonly fping: string;
  /** Exports kube_node_ping_* and external_ping_*, too. */
  readonly flantCompatibility: boolean;
  /** All families of a pair, or the three from which loss and mean round-trip time follow. */
  readonly pairMetrics: "all" | "minimal";
  /** Exports a histogram a pair, too: 17 more series for each. */
  readonly pairDistribution: boolean;
  /** Lowest level that is logged. */
  readonly logLevel: LogLevel;
  /** Form of the lines on standard error. */
  readonly logFormat: LogFormat;
  /** Ends after the check of the settings and of the node list. */
  readonly checkConfig: boolean;
}

/** What {@linkcode readSettings} found: settings, or every problem of flags and variables. */
export type SettingsResult =
  | { readonly kind: "valid"; readonly settings: AgentSettings }
  | { readonly kind: "invalid"; readonly problems: readonly string[] };

/** Round-trip times of the window that are kept of each destination: 80 kB. */
const mostRttsInWindow = 10_000;

/** Reads the settings from flags and, where a flag is absent, from the environment. */
export function readSettings(
  flags: ParsedFlags,
  env: (name: string) => string | undefined,
): SettingsResult {
  const given = new Given(flags, env);
  const node = given.text("node", "MY_NODE_NAME", "");
  if (node === "") {
    given.problem("The name of this node is missing: set MY_NODE_NAME or --node");
  } else if (!isNodeName(node)) {
    given.wrong("node", node, "the name of a Kubernetes node", "MY_NODE_NAME");
  }
  const textfileDir = given.text(
    "textfile-dir",
    "PROMETHEUS_TEXTFILE_DIR",
    "/node-exporter-textfile/",
  );
  const periodMs = given.durationMs("period", "500ms", 10, 3_600_000);
  const statsWindowMs = given.durationMs("stats-window", "60s", 1000, 3_600_000);
  if (statsWindowMs / periodMs > mostRttsInWindow) {
    const most = `at most ${mostRttsInWindow * periodMs}ms with a period of ${periodMs}ms`;
    given.wrong("stats-window", `${statsWindowMs}ms`, `${most}, since all its times are kept`);
  }
  const settings: AgentSettings = {
    configPath: given.text("config", undefined, "/config/nodes.json"),
    node,
    textfileDir: textfileDir === "off" ? undefined : textfileDir,
    textfilePrefix: given.prefix("textfile-prefix", "PROMETHEUS_TEXTFILE_PREFIX", "node-ping_"),
    keepTextfile: flags.switches.has("keep-textfile"),
    periodMs,
    // fping keeps a sequence number for 10 s; a later reply could be taken for another probe's.
    timeoutMs: given.durationMs("timeout", "1s", 1, 9_000),
    sizeBytes: given.integer("size", 56, 12, 65_488),
    writeIntervalMs: given.durationMs("write-interval", "10s", 100, 3_600_000),
    statsWindowMs,
    listen: given.listen("listen"),
    meshDegree: given.meshDegree("mesh-degree"),
    fullMeshLimit: given.integer("full-mesh-limit", largestFullMesh, 1, 100_000),
    sockets: given.choice("sockets", ["raw", "ping"], "raw"),
    fping: given.text("fping", undefined, "/usr/bin/fping"),
    flantCompatibility:
      given.choice("metrics-compatibility", ["flant", "none"], "none") === "flant",
    pairMetrics: given.choice("pair-metrics", ["all", "minimal"], "all"),
    pairDistribution: flags.switches.has("pair-distribution"),
    logLevel: given.choice("log-level", logLevels, "info"),
    logFormat: given.choice("log-format", ["logfmt", "json"], "logfmt"),
    checkConfig: flags.switches.has("check-config"),
  };
  for (const word of flags.positionals) given.problem(`Unexpected argument "${word}": see --help`);
  const { problems } = given;
  return problems.length > 0 ? { kind: "invalid", problems } : { kind: "valid", settings };
}

/** Every flag of the agent. */
export const agentFlags: readonly FlagSpec[] = [
  { name: "config", value: "FILE", help: "node list to probe (/config/nodes.json)" },
  { name: "node", value: "NAME", help: "name of this node ($MY_NODE_NAME)" },
  {
    name: "textfile-dir",
    value: "DIR|off",
    help: "where node-exporter reads textfiles ($PROMETHEUS_TEXTFILE_DIR)",
  },
  {
    name: "textfile-prefix",
    value: "P",
    help: "start of the textfile's name ($PROMETHEUS_TEXTFILE_PREFIX, node-ping_)",
  },
  { name: "keep-textfile", help: "leave the textfile behind at the end" },
  { name: "period", value: "D", help: "time between two probes of a destination (500ms)" },
  { name: "timeout", value: "D", help: "a later reply is lost (1s)" },
  { name: "size", value: "BYTES", help: "data bytes of an echo request (56)" },
  { name: "write-interval", value: "D", help: "time between two writes of the textfile (10s)" },
  { name: "stats-window", value: "D", help: "window of smallest, largest and deviation (60s)" },
  {
    name: "listen",
    value: "HOST:PORT|off",
    help: "address of /metrics, /healthz and /readyz ([::]:10927)",
  },
  {
    name: "mesh-degree",
    value: "auto|full|K",
    help:
      `nodes to probe: auto is all of up to ${largestFullMesh}, and ${sampledMeshDegree} of more (auto)`,
  },
  {
    name: "full-mesh-limit",
    value: "N",
    help: `nodes up to which --mesh-degree=auto is all (${largestFullMesh})`,
  },
  {
    name: "sockets",
    value: "raw|ping",
    help: "sockets that fping has, which decides its pacing (raw)",
  },
  { name: "fping", value: "FILE", help: "fping to run (/usr/bin/fping)" },
  {
    name: "metrics-compatibility",
    value: "flant",
    help: "also export kube_node_ping_* and external_ping_*",
  },
  {
    name: "pair-metrics",
    value: "all|minimal",
    help: "families of a pair; minimal is sent, received and the sum of RTTs (all)",
  },
  { name: "pair-distribution", help: "also export a round-trip time histogram for each pair" },
  { name: "log-level", value: "L", help: "debug, info, warn or error (info)" },
  { name: "log-format", value: "F", help: "logfmt or json (logfmt)" },
  { name: "check-config", help: "check flags, environment and node list, and exit" },
];

/** The help of `nodeping agent`. */
export function agentHelp(): string {
  return `Probes all other nodes of the list and writes the results as Prometheus metrics

Usage: nodeping agent [flags]

Flags, which win over the variables in parentheses:
${flagHelp(agentFlags)}
Durations are written as 500ms, 1s or 5m. The node list is read again whenever it changes.
Exit codes: 0 done, 1 failure, 2 wrong flags, environment or node list.
`;
}

const defaultPort = 10927;

/** What was given on the command line and in the environment, and what is wrong with it. */
export class Given {
  /** In the order in which they were found, those of the command line first. */
  readonly problems: string[];
  readonly #flags: ParsedFlags;
  readonly #env: (name: string) => string | undefined;

  /** Begins with the problems of the command line. */
  constructor(flags: ParsedFlags, env: (name: string) => string | undefined) {
    this.problems = [...flags.problems];
    this.#flags = flags;
    this.#env = env;
  }

  /** Adds a problem. */
  problem(text: string): void {
    this.problems.push(text);
  }

  /** Names the flag, or the variable where no flag was given and the value comes from there. */
  wrong(flag: string, value: string, wanted: string, variable?: string): void {
    const field = this.#flags.values.has(flag) ? undefined : variable;
    this.problem(`${field ?? `--${flag}`} is "${value}": write ${wanted}`);
  }

  /** A flag's text, else the variable's where it is not empty. */
  text(flag: string, variable: string | undefined, fallback: string): string {
    const fromEnv = variable === undefined ? undefined : this.#env(variable);
    return this.#flags.values.get(flag) ?? (fromEnv === "" ? undefined : fromEnv) ?? fallback;
  }

  /** The prefix is a part of a file name: it must not lead elsewhere. */
  prefix(flag: string, variable: string, fallback: string): string {
    const text = this.text(flag, variable, fallback);
    if (!/^[\w.-]{0,64}$/.test(text)) {
      this.wrong(flag, text, "at most 64 letters, digits, '.', '_' and '-'", variable);
    }
    return text;
  }

  /** A duration such as 500ms, in milliseconds. */
  durationMs(flag: string, fallback: string, minMs: number, maxMs: number): number {
    const text = this.text(flag, undefined, fallback);
    const ms = parseDurationMs(text) ?? NaN;
    if (!(ms >= minMs && ms <= maxMs)) {
      this.wrong(flag, text, `a duration from ${minMs}ms to ${maxMs}ms, such as ${fallback}`);
    }
    return ms;
  }

  /** A whole number in digits. */
  integer(flag: string, fallback: number, min: number, max: number): number {
    const text = this.text(flag, undefined, String(fallback));
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (!(value >= min && value <= max)) this.wrong(flag, text, `a number from ${min} to ${max}`);
    return value;
  }

  /** One of some words. */
  choice<T extends string>(flag: string, choices: readonly T[], fallback: T): T {
    const text = this.text(flag, undefined, fallback);
    const found = choices.find((choice) => choice === text);
    if (found === undefined) this.wrong(flag, text, choices.map((c) => `"${c}"`).join(" or "));
    return found ?? fallback;
  }

  /** A number of nodes, or the rule that finds it. */
  meshDegree(flag: string): MeshDegree {
    const text = this.text(flag, undefined, "auto");
    if (text === "auto" || text === "full") return text;
    const degree = /^\d+$/.test(text) ? Number(text) : NaN;
    if (!(degree >= leastMeshDegree)) {
      this.wrong(flag, text, `"auto", "full" or a number of nodes from ${leastMeshDegree}`);
    }
    return degree;
  }

  /** Where to listen; nowhere for "off". */
  listen(flag: string): readonly ListenAddress[] {
    const text = this.#flags.values.get(flag);
    if (text === undefined) return everyAddress(defaultPort);
    if (text === "off") return [];
    const match = /^(?:\[([\da-fA-F:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
    const port = Number(match?.[3]);
    if (match === null || port > 65_535) {
      this.wrong(flag, text, 'HOST:PORT such as "0.0.0.0:10927" or "[::]:10927", or "off"');
    }
    const hostname = match?.[1] ?? match?.[2] ?? "";
    return hostname === "" ? everyAddress(port) : [{ hostname, port }];
  }
}

/** All addresses of both families; of IPv4 alone where the node has IPv6 switched off. */
function everyAddress(port: number): readonly ListenAddress[] {
  return ["::", "0.0.0.0"].map((hostname) => ({ hostname, port }));
}
