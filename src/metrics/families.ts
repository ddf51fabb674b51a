/**
 * The one list of metric families, each with how it is read: the agent's exposition, the dashboard,
 * the rules and the README all read it. Names, labels and HELP texts are a contract: node-exporter
 * drops a family whose HELP differs between two textfiles.
 *
 * @module
 */

import {
  agentCounter,
  agentGauge,
  histogramSamples,
  inWholeNanoseconds,
  nodeOrder,
  pairCounter,
  pairGauge,
  pairLabels,
  pairLabelsOf,
} from "./samples.ts";
import type { Labels, MetricFamily, Sample } from "./samples.ts";
import { icmpErrorTypes } from "../fping/output.ts";
import type { IcmpErrorType } from "../fping/output.ts";

const rttDistribution = "nodeping_rtt_distribution_seconds";
const pairRttDistribution = "nodeping_pair_rtt_distribution_seconds";

const labelsOfType = new Map(icmpErrorTypes.map((type) => [type, { type }]));

function* icmpErrorSamples(
  shared: readonly Labels[],
  counts: readonly ReadonlyMap<IcmpErrorType, number>[],
): Iterable<Sample> {
  for (const [index, sharedLabels] of shared.entries()) {
    for (const [type, value] of counts[index] ?? []) {
      yield { labels: labelsOfType.get(type) ?? { type }, sharedLabels, value };
    }
  }
}

/** Every family that nodeping exports, by a name for code to use. */
export const families = {
  probesSent: pairCounter({
    name: "nodeping_probes_sent_total",
    help: "Echo requests whose outcome is known: a reply, a timeout or a failed send.",
    read: ({ sent }) => sent,
  }),
  probesReceived: pairCounter({
    name: "nodeping_probes_received_total",
    help: "Echo requests that were answered within the timeout.",
    read: ({ received }) => received,
  }),
  rttSum: pairCounter({
    name: "nodeping_rtt_seconds_total",
    help: "Sum of the round-trip times of the answered echo requests, in seconds.",
    read: ({ rttSumSeconds }) => inWholeNanoseconds(rttSumSeconds),
  }),
  rttMin: pairGauge({
    name: "nodeping_rtt_min_seconds",
    help: "Smallest round-trip time in the statistics window; absent when nothing was received.",
    read: ({ window }, nowMs) => window.statistics(nowMs)?.minSeconds,
  }),
  rttMax: pairGauge({
    name: "nodeping_rtt_max_seconds",
    help: "Largest round-trip time in the statistics window; absent when nothing was received.",
    read: ({ window }, nowMs) => window.statistics(nowMs)?.maxSeconds,
  }),
  rttStddev: pairGauge({
    name: "nodeping_rtt_stddev_seconds",
    help:
      "Standard deviation of the round-trip times in the statistics window; absent when nothing was received.",
    read: ({ window }, nowMs) => window.statistics(nowMs)?.stddevSeconds,
  }),
  duplicates: pairCounter({
    name: "nodeping_duplicates_total",
    help: "Second and further answers to one echo request.",
    read: ({ duplicates }) => duplicates,
  }),
  sendFailures: pairCounter({
    name: "nodeping_send_failures_total",
    help: "Echo requests that the kernel of the source node refused to send.",
    read: ({ sendFailures }) => sendFailures,
  }),
  lossBursts: pairCounter({
    name: "nodeping_loss_bursts_total",
    help: "Runs of three or more lost probes in a row, counted at the third.",
    read: ({ lossBursts }) => lossBursts,
  }),
  icmpErrors: {
    name: "nodeping_icmp_errors_total",
    type: "counter",
    of: "pair",
    labels: [...pairLabels, "type"],
    help: "ICMP errors received for echo requests to the destination, by type.",
    read: (source) =>
      icmpErrorSamples(
        Array.from(source.pairs.all, (pair) => pairLabelsOf(pair, source)),
        Array.from(source.pairs.all, ({ totals }) => totals.icmpErrors),
      ),
  },
  pathMtuBytes: pairGauge({
    name: "nodeping_path_mtu_bytes",
    help:
      'Largest IP packet with "don\'t fragment" that was answered lately; absent where not even small ones are.',
    read: ({ pathMtu }) => pathMtu?.bytes,
  }),
  pathMtuBlackHole: pairGauge({
    name: "nodeping_path_mtu_black_hole",
    help:
      "1 when packets that the source may send vanish without an ICMP error, while small ones are answered; else 0.",
    read: ({ pathMtu }) => pathMtu && Number(pathMtu.blackHole !== undefined),
  }),
  destinationCordoned: {
    name: "nodeping_destination_cordoned",
    type: "gauge",
    of: "pair",
    labels: ["source_node", "destination_node"],
    help: "1 for a destination node that is cordoned; absent for others.",
    read: ({ pairs, sourceNode: source_node }) => {
      const cordoned = [...pairs.all]
        .filter(({ destination }) => destination.cordoned && destination.kind === "node")
        .map(({ destination }) => destination.name);
      return [...new Set(cordoned)]
        .map((destination_node) => ({ labels: { source_node, destination_node }, value: 1 }));
    },
  },
  rttDistribution: {
    name: rttDistribution,
    type: "histogram",
    of: "source",
    labels: ["source_node"],
    help:
      "Distribution of the round-trip times from the source node to all destination nodes, in seconds.",
    read: ({ pairs, sourceNode }) =>
      [...pairs.distributions].flatMap(([zone, histogram]) => {
        const labels = { source_node: sourceNode, ...(zone ? { destination_zone: zone } : {}) };
        return histogramSamples(rttDistribution, histogram, labels);
      }),
  },
  pairRttDistribution: {
    name: pairRttDistribution,
    type: "histogram",
    of: "pair",
    labels: pairLabels,
    help: "Distribution of the round-trip times of the pair, in seconds; only when asked for.",
    read: (source) =>
      [...source.pairs.all].flatMap((pair) => {
        const { distribution } = pair.totals;
        if (distribution === undefined) return [];
        return histogramSamples(pairRttDistribution, distribution, pairLabelsOf(pair, source));
      }),
  },
  agentBuildInfo: agentGauge({
    name: "build_info",
    labels: ["version", "deno_version", "fping_version"],
    help: "1, with the versions of the agent's parts as labels.",
    read: ({ version, denoVersion: deno_version, status: { fpingVersion: fping_version } }) => [
      { labels: { version, deno_version, fping_version }, value: 1 },
    ],
  }),
  agentTargets: agentGauge({
    name: "targets",
    help: "Addresses that the agent probes.",
    read: ({ status }) => status.targets,
  }),
  agentMeshDegree: agentGauge({
    name: "mesh_degree",
    help:
      "Nodes that the agent probes, as planned; by plan, at least half as many sources probe each node.",
    read: ({ status }) => status.meshDegree,
  }),
  agentMeasuring: agentGauge({
    name: "measuring",
    help: "1 when the agent can measure; 0 when it cannot, which is not loss.",
    read: ({ measuring }) => Number(measuring()),
  }),
  agentInNodeList: agentGauge({
    name: "in_node_list",
    help: "1 when the agent's own node is in the node list; 0 says that the list is stale.",
    read: ({ status }) => Number(status.inNodeList),
  }),
  agentConfigInfo: agentGauge({
    name: "config_info",
    labels: ["hash"],
    help: "1, with a hash of the applied node list.",
    read: ({ status: { configHash: hash } }) =>
      hash === undefined ? [] : [{ labels: { hash }, value: 1 }],
  }),
  agentSkippedEntries: agentGauge({
    name: "config_skipped_entries",
    labels: ["reason"],
    help: "Entries of the node list that are not probed, by reason.",
    read: ({ status }) =>
      Object.entries(status.skippedEntries).map(([reason, value]) => ({
        labels: { reason },
        value,
      })),
  }),
  agentUnresolvedTargets: agentGauge({
    name: "unresolved_targets",
    help: "Host names of the node list without any address: these destinations are not measured.",
    read: ({ status }) => status.unresolvedTargets(),
  }),
  agentReloadSuccess: agentGauge({
    name: "config_last_reload_success",
    help: "1 when the newest node list was applied, 0 when it was refused.",
    read: ({ status }) => Number(status.reloadSucceeded),
  }),
  agentReloadTimestamp: agentGauge({
    name: "config_last_reload_timestamp_seconds",
    help: "Unix time at which a node list was last applied.",
    read: ({ status }) => status.reloadTimestampSeconds,
  }),
  agentFpingRestarts: agentCounter({
    name: "fping_restarts_total",
    labels: ["reason"],
    help: "Restarts of fping, by reason; a changed node list is none.",
    read: ({ status }) =>
      [...status.fpingRestarts].map(([reason, value]) => ({ labels: { reason }, value })),
  }),
  agentWrongSource: agentCounter({
    name: "wrong_source_total",
    help: "Replies that came from another address than the one probed.",
    read: ({ status }) => status.wrongSource,
  }),
  agentClockSteps: agentCounter({
    name: "clock_steps_total",
    help: "Steps of the wall clock that were noticed.",
    read: ({ status }) => status.clockSteps,
  }),
  agentUnparsedLines: agentCounter({
    name: "unparsed_lines_total",
    help: "Lines of fping that the agent could not read.",
    read: ({ status }) => status.unparsedLines,
  }),
  agentResolutionFailures: agentCounter({
    name: "resolution_failures_total",
    help: "Failed look-ups of a destination's host name.",
    read: ({ status }) => status.resolutionFailures,
  }),
  agentTextfileWriteSeconds: agentGauge({
    name: "textfile_write_seconds",
    help: "Time that the last rendering and writing of the textfile took, in seconds.",
    read: ({ status }) => status.textfileWriteSeconds,
  }),
  agentTextfileWriteErrors: agentCounter({
    name: "textfile_write_errors_total",
    help: "Failed writes of the textfile.",
    read: ({ status }) => status.textfileWriteErrors,
  }),
  agentLastWriteTimestamp: agentGauge({
    name: "last_write_timestamp_seconds",
    help: "Unix time at which this exposition was rendered.",
    read: ({ wallMs }) => wallMs() / 1000,
  }),
  agentNodeOrder: agentGauge({
    name: "node_order",
    help:
      "A number made from the source node's name alone, by which queries put two nodes in order.",
    read: ({ sourceNode }) => nodeOrder(sourceNode),
  }),
  agentProbePeriod: agentGauge({
    name: "probe_period_seconds",
    help: "Configured time between two probes of one destination, in seconds.",
    read: ({ periodSeconds }) => periodSeconds,
  }),
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
