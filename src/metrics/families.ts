/**
 * The one list of metric families: the agent's exposition, the dashboard, the rules and the
 * README all read it. Names, labels and HELP texts are a contract: node-exporter drops a family
 * whose HELP differs between two textfiles.
 *
 * @module
 */

/** One metric family of the exposition. */
export interface MetricFamily {
  /** Full name; base units, `_total` for counters. */
  readonly name: string;
  /** Prometheus type. */
  readonly type: "counter" | "gauge" | "histogram";
  /** What one series is about: a pair of nodes, or the agent of the source node. */
  readonly of: "pair" | "source";
  /** Every label of a series, but for the zone labels, which only known zones bring. */
  readonly labels: readonly string[];
  /** The HELP text. */
  readonly help: string;
}

/** Labels of a pair; `source_zone` and `destination_zone` are added where zones are known. */
export const pairLabels = [
  "source_node",
  "destination_node",
  "destination_address",
  "destination_kind",
] as const;

/** The zone labels, present only where the zone is known. */
export const zoneLabels = ["source_zone", "destination_zone"] as const;

const pairCounter = (name: string, help: string, labels: readonly string[] = []) =>
  ({ name, type: "counter", of: "pair", labels: [...pairLabels, ...labels], help }) as const;
const pairGauge = (name: string, help: string) =>
  ({ name, type: "gauge", of: "pair", labels: pairLabels, help }) as const;
const agentCounter = (name: string, help: string, labels: readonly string[] = []) =>
  ({
    name: `nodeping_agent_${name}`,
    type: "counter",
    of: "source",
    labels: ["source_node", ...labels],
    help,
  }) as const;
const agentGauge = (name: string, help: string, labels: readonly string[] = []) =>
  ({
    name: `nodeping_agent_${name}`,
    type: "gauge",
    of: "source",
    labels: ["source_node", ...labels],
    help,
  }) as const;

/** Every family that nodeping exports, by a name for code to use. */
export const families = {
  probesSent: pairCounter(
    "nodeping_probes_sent_total",
    "Echo requests whose outcome is known: a reply, a timeout or a failed send.",
  ),
  probesReceived: pairCounter(
    "nodeping_probes_received_total",
    "Echo requests that were answered within the timeout.",
  ),
  rttSum: pairCounter(
    "nodeping_rtt_seconds_total",
    "Sum of the round-trip times of the answered echo requests, in seconds.",
  ),
  rttMin: pairGauge(
    "nodeping_rtt_min_seconds",
    "Smallest round-trip time in the statistics window; absent when nothing was received.",
  ),
  rttMax: pairGauge(
    "nodeping_rtt_max_seconds",
    "Largest round-trip time in the statistics window; absent when nothing was received.",
  ),
  rttStddev: pairGauge(
    "nodeping_rtt_stddev_seconds",
    "Standard deviation of the round-trip times in the statistics window; absent when nothing was received.",
  ),
  duplicates: pairCounter(
    "nodeping_duplicates_total",
    "Second and further answers to one echo request.",
  ),
  sendFailures: pairCounter(
    "nodeping_send_failures_total",
    "Echo requests that the kernel of the source node refused to send.",
  ),
  lossBursts: pairCounter(
    "nodeping_loss_bursts_total",
    "Runs of three or more lost probes in a row, counted at the third.",
  ),
  icmpErrors: pairCounter(
    "nodeping_icmp_errors_total",
    "ICMP errors received for echo requests to the destination, by type.",
    ["type"],
  ),
  destinationCordoned: {
    name: "nodeping_destination_cordoned",
    type: "gauge",
    of: "pair",
    labels: ["source_node", "destination_node"],
    help: "1 for a destination node that is cordoned; absent for others.",
  },
  rttDistribution: {
    name: "nodeping_rtt_distribution_seconds",
    type: "histogram",
    of: "source",
    labels: ["source_node"],
    help:
      "Distribution of the round-trip times from the source node to all destination nodes, in seconds.",
  },
  pairRttDistribution: {
    name: "nodeping_pair_rtt_distribution_seconds",
    type: "histogram",
    of: "pair",
    labels: pairLabels,
    help: "Distribution of the round-trip times of the pair, in seconds; only when asked for.",
  },
  agentBuildInfo: agentGauge("build_info", "1, with the versions of the agent's parts as labels.", [
    "version",
    "deno_version",
    "fping_version",
  ]),
  agentTargets: agentGauge("targets", "Addresses that the agent probes."),
  agentMeshDegree: agentGauge(
    "mesh_degree",
    "Nodes that the agent probes, as planned; by plan, at least half as many sources probe each node.",
  ),
  agentMeasuring: agentGauge(
    "measuring",
    "1 when the agent can measure; 0 when it cannot, which is not loss.",
  ),
  agentInNodeList: agentGauge(
    "in_node_list",
    "1 when the agent's own node is in the node list; 0 says that the list is stale.",
  ),
  agentConfigInfo: agentGauge("config_info", "1, with a hash of the node list in force.", ["hash"]),
  agentReloadSuccess: agentGauge(
    "config_last_reload_success",
    "1 when the newest node list was taken into force, 0 when it was refused.",
  ),
  agentReloadTimestamp: agentGauge(
    "config_last_reload_timestamp_seconds",
    "Unix time at which a node list was last taken into force.",
  ),
  agentFpingRestarts: agentCounter(
    "fping_restarts_total",
    "Restarts of fping, by reason; a changed node list is none.",
    ["reason"],
  ),
  agentWrongSource: agentCounter(
    "wrong_source_total",
    "Replies that came from another address than the one probed.",
  ),
  agentClockSteps: agentCounter("clock_steps_total", "Steps of the wall clock that were noticed."),
  agentUnparsedLines: agentCounter(
    "unparsed_lines_total",
    "Lines of fping that the agent could not read.",
  ),
  agentResolutionFailures: agentCounter(
    "resolution_failures_total",
    "Failed look-ups of a destination's host name.",
  ),
  agentTextfileWriteSeconds: agentGauge(
    "textfile_write_seconds",
    "Time that the last rendering and writing of the textfile took, in seconds.",
  ),
  agentTextfileWriteErrors: agentCounter(
    "textfile_write_errors_total",
    "Failed writes of the textfile.",
  ),
  agentLastWriteTimestamp: agentGauge(
    "last_write_timestamp_seconds",
    "Unix time at which this exposition was rendered.",
  ),
  agentNodeOrder: agentGauge(
    "node_order",
    "A number made from the source node's name alone, by which queries put two nodes in order.",
  ),
  agentProbePeriod: agentGauge(
    "probe_period_seconds",
    "Configured time between two probes of one destination, in seconds.",
  ),
} as const satisfies Record<string, MetricFamily>;

/**
 * What is left of a pair's families where each pair must cost as little as it can: enough for loss
 * and the mean round-trip time. Who is cordoned is said of few nodes, and alerts read it.
 */
export const minimalPairFamilies: ReadonlySet<MetricFamily> = new Set([
  families.probesSent,
  families.probesReceived,
  families.rttSum,
  families.destinationCordoned,
]);
