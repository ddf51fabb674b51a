/** The settings of the agent: what each flag and variable may say. @module */

import {
  choiceFlag,
  durationFlag,
  formatDuration,
  integerFlag,
  orOff,
  pathFlag,
  switchFlag,
  textFlag,
  valueFlag,
} from "../flag_values.ts";
import { flagHelp, invalid, parseFlags } from "../flags.ts";
import type { CommandLine, FlagTable, ParsedFlags } from "../flags.ts";
import { isNodeName } from "../nodes/address.ts";
import { listenAddress } from "../output/http.ts";
import type { ListenAddress } from "../output/http.ts";
import { logLevels } from "../platform/log.ts";
import type { LogFormat, LogLevel } from "../platform/log.ts";
import { maxFullMesh, minMeshDegree, sampledMeshDegree } from "../targets/destination.ts";
import type { MeshDegree } from "../targets/destination.ts";

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
  /** Time from one full-size packet to a destination node to the next; undefined: none is sent. */
  readonly pathMtuIntervalMs: number | undefined;
  /** Time from one textfile to the next. */
  readonly writeIntervalMs: number;
  /** Time over which minimum, maximum and deviation of round-trip times slide. */
  readonly statsWindowMs: number;
  /** In the order to try them, each where it can be had; undefined: no listener. */
  readonly listen: readonly ListenAddress[] | undefined;
  /** How many nodes of the list are probed. */
  readonly meshDegree: MeshDegree;
  /** Nodes up to which the mesh degree "auto" is a full mesh. */
  readonly fullMeshLimit: number;
  /** Raw sockets need NET_RAW, ping sockets a group within net.ipv4.ping_group_range. */
  readonly sockets: "raw" | "ping";
  /** Requests go out in bounded bursts where they are small, or spread over the period. */
  readonly pacing: "bursts" | "spread";
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

/** Round-trip times of the window that are kept of each destination: 80 kB. */
const maxRttsInWindow = 10_000;

/** Every flag of the agent. */
export const agentFlags: FlagTable<AgentSettings> = {
  configPath: pathFlag({
    name: "config",
    default: "/config/nodes.json",
    help: "node list to probe",
  }),
  node: valueFlag({
    name: "node",
    variable: "MY_NODE_NAME",
    required: "The name of this node is missing: set MY_NODE_NAME or --node",
    help: "name of this node",
  }, {
    placeholder: "NAME",
    remedy: "the name of a Kubernetes node",
    read: (text) => isNodeName(text) ? text : invalid,
  }),
  textfileDir: orOff(pathFlag({
    name: "textfile-dir",
    placeholder: "DIR",
    variable: "PROMETHEUS_TEXTFILE_DIR",
    default: "/node-exporter-textfile/",
    help: "where node-exporter reads textfiles",
  })),
  // The prefix is a part of a file name: it must not lead elsewhere.
  textfilePrefix: textFlag({
    name: "textfile-prefix",
    placeholder: "P",
    variable: "PROMETHEUS_TEXTFILE_PREFIX",
    default: "node-ping_",
    help: "start of the textfile's name",
  }, { pattern: /^[\w.-]{1,64}$/, remedy: "1 to 64 letters, digits, '.', '_' and '-'" }),
  keepTextfile: switchFlag({
    name: "keep-textfile",
    help: "leave the textfile behind at the end",
  }),
  periodMs: durationFlag({
    name: "period",
    default: "500ms",
    help: "time between two probes of a destination",
  }, { minMs: 10, maxMs: 3_600_000 }),
  // fping keeps a sequence number for 10 s; a later reply could be taken for another probe's.
  timeoutMs: durationFlag({
    name: "timeout",
    default: "1s",
    help: "a later reply is lost",
  }, { minMs: 1, maxMs: 9000 }),
  sizeBytes: integerFlag(
    {
      name: "size",
      placeholder: "BYTES",
      default: "56",
      help: "data bytes of an echo request",
    },
    12,
    65_488,
  ),
  pathMtuIntervalMs: orOff(durationFlag({
    name: "path-mtu-interval",
    default: "10s",
    help: "time between two full-size packets to a destination node",
  }, { minMs: 1000, maxMs: 3_600_000 })),
  writeIntervalMs: durationFlag({
    name: "write-interval",
    default: "10s",
    help: "time between two writes of the textfile",
  }, { minMs: 100, maxMs: 3_600_000 }),
  statsWindowMs: durationFlag({
    name: "stats-window",
    default: "60s",
    help: "window of smallest, largest and deviation",
  }, { minMs: 1000, maxMs: 3_600_000 }),
  listen: orOff(valueFlag({
    name: "listen",
    default: ":10927",
    help: "where /metrics, /healthz and /readyz are served",
  }, listenAddress)),
  meshDegree: valueFlag({
    name: "mesh-degree",
    default: "auto",
    help: `nodes to probe: auto is all of up to ${maxFullMesh}, and ${sampledMeshDegree} of more`,
  }, {
    placeholder: "auto|full|K",
    completion: ["auto", "full"],
    remedy: `"auto", "full" or a number of nodes from ${minMeshDegree}`,
    read: readMeshDegree,
  }),
  fullMeshLimit: integerFlag(
    {
      name: "full-mesh-limit",
      default: String(maxFullMesh),
      help: "nodes up to which --mesh-degree=auto is all",
    },
    1,
    100_000,
  ),
  sockets: choiceFlag({
    name: "sockets",
    default: "raw",
    help: "sockets that fping has",
  }, ["raw", "ping"]),
  pacing: choiceFlag({
    name: "pacing",
    default: "bursts",
    help:
      "how requests are sent: in bounded bursts (to a --size of 128), or spread over the period",
  }, ["bursts", "spread"]),
  fping: pathFlag({ name: "fping", default: "/usr/bin/fping", help: "fping to run" }),
  flantCompatibility: valueFlag({
    name: "metrics-compatibility",
    default: "none",
    help: "flant also exports kube_node_ping_* and external_ping_*",
  }, {
    placeholder: "flant|none",
    completion: ["flant", "none"],
    remedy: '"flant" or "none"',
    read: (text) => text === "flant" || (text === "none" ? false : invalid),
  }),
  pairMetrics: choiceFlag({
    name: "pair-metrics",
    default: "all",
    help: "families of a pair; minimal is sent, received and the sum of RTTs",
  }, ["all", "minimal"]),
  pairDistribution: switchFlag({
    name: "pair-distribution",
    help: "also export a round-trip time histogram for each pair",
  }),
  logLevel: choiceFlag({
    name: "log-level",
    default: "info",
    help: "lowest level that is logged",
  }, logLevels),
  logFormat: choiceFlag({
    name: "log-format",
    default: "logfmt",
    help: "form of the lines on standard error",
  }, ["logfmt", "json"]),
  checkConfig: switchFlag({
    name: "check-config",
    help: "check flags, environment and node list, and exit",
  }),
};

/** Reads the settings from the command line and, where a flag is absent, from the environment. */
export function readSettings(
  commandLine: Pick<CommandLine<AgentSettings>, "args" | "env">,
): ParsedFlags<AgentSettings> {
  return parseFlags(agentFlags, { ...commandLine, check: windowProblems });
}

/** All round-trip times of the window are kept: its period bounds its length. */
function windowProblems({ statsWindowMs, periodMs }: Partial<AgentSettings>): readonly string[] {
  if (statsWindowMs === undefined || periodMs === undefined) return [];
  if (statsWindowMs / periodMs <= maxRttsInWindow) return [];
  const [window, max, period] = [statsWindowMs, maxRttsInWindow * periodMs, periodMs]
    .map(formatDuration);
  return [
    `--stats-window is "${window}": write at most ${max} with a period of ${period}, ` +
    "since all its times are kept",
  ];
}

/** A number of nodes, or the rule that finds it. */
function readMeshDegree(text: string): MeshDegree | typeof invalid {
  if (text === "auto" || text === "full") return text;
  const degree = /^\d+$/.test(text) ? Number(text) : NaN;
  return degree >= minMeshDegree ? degree : invalid;
}

/** The help of `nodeping agent`. */
export function agentHelp(): string {
  return `Probes all other nodes of the list and writes the results as Prometheus metrics

Usage: nodeping agent [flags]

Flags, which win over the variables in parentheses; the last of two equal flags wins:
${flagHelp(agentFlags)}
Durations are written as 500ms, 1s or 5m. The node list is read again whenever it changes.
Exit codes: 0 done, 1 failure, 2 wrong flags, environment or node list.
`;
}
