/** The settings of the agent: what each flag and variable may say. @module */

import type { ParsedFlags } from "../flags.ts";
import { isNodeName } from "../nodes/address.ts";
import type { ListenAddress } from "../output/http.ts";
import { logLevels } from "../shell/log.ts";
import type { LogFormat, LogLevel } from "../shell/log.ts";
import { largestFullMesh } from "../targets/mesh.ts";
import type { MeshDegree } from "../targets/mesh.ts";
import { Given } from "./given.ts";

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
