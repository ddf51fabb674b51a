/** The flags of `nodeping agent`. @module */

import { flagHelp } from "../flags.ts";
import type { FlagSpec } from "../flags.ts";
import { largestFullMesh, sampledMeshDegree } from "../targets/mesh.ts";

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
