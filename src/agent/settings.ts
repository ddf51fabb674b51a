/** The settings of the agent: what each flag and variable may say. @module */

import { parseDurationMs } from "../duration.ts";
import type { ParsedFlags } from "../flags.ts";
import { isNodeName } from "../nodes/address.ts";
import type { ListenAddress } from "../output/http.ts";
import { logLevels } from "../shell/log.ts";
import type { LogFormat, LogLevel } from "../shell/log.ts";
import { largestFullMesh, leastMeshDegree } from "../targets/mesh.ts";
import type { MeshDegree } from "../targets/mesh.ts";

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

const defaultPort = 10927;

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
    statsWindowMs: given.durationMs("stats-window", "60s", 1000, 3_600_000),
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

/** What was given on the command line and in the environment, and what is wrong with it. */
class Given {
  readonly problems: string[];
  readonly #flags: ParsedFlags;
  readonly #env: (name: string) => string | undefined;

  constructor(flags: ParsedFlags, env: (name: string) => string | undefined) {
    this.problems = [...flags.problems];
    this.#flags = flags;
    this.#env = env;
  }

  problem(text: string): void {
    this.problems.push(text);
  }

  /** Names the flag, or the variable where no flag was given and the value comes from there. */
  wrong(flag: string, value: string, wanted: string, variable?: string): void {
    const field = this.#flags.values.has(flag) ? undefined : variable;
    this.problem(`${field ?? `--${flag}`} is "${value}": write ${wanted}`);
  }

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

  durationMs(flag: string, fallback: string, minMs: number, maxMs: number): number {
    const text = this.text(flag, undefined, fallback);
    const ms = parseDurationMs(text) ?? NaN;
    if (!(ms >= minMs && ms <= maxMs)) {
      this.wrong(flag, text, `a duration from ${minMs}ms to ${maxMs}ms, such as ${fallback}`);
    }
    return ms;
  }

  integer(flag: string, fallback: number, min: number, max: number): number {
    const text = this.text(flag, undefined, String(fallback));
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (!(value >= min && value <= max)) this.wrong(flag, text, `a number from ${min} to ${max}`);
    return value;
  }

  choice<T extends string>(flag: string, choices: readonly T[], fallback: T): T {
    const text = this.text(flag, undefined, fallback);
    const found = choices.find((choice) => choice === text);
    if (found === undefined) this.wrong(flag, text, choices.map((c) => `"${c}"`).join(" or "));
    return found ?? fallback;
  }

  meshDegree(flag: string): MeshDegree {
    const text = this.text(flag, undefined, "auto");
    if (text === "auto" || text === "full") return text;
    const degree = /^\d+$/.test(text) ? Number(text) : NaN;
    if (!(degree >= leastMeshDegree)) {
      this.wrong(flag, text, `"auto", "full" or a number of nodes from ${leastMeshDegree}`);
    }
    return degree;
  }

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
