/** What rules and queries share: names of recorded series, and pieces of PromQL. @module */

import { families } from "../src/metrics/families.ts";
import { pairLabels, zoneLabels } from "../src/metrics/samples.ts";
import type { MetricFamily } from "../src/metrics/samples.ts";

/**
 * Stands for the name of the label that tells clusters apart, until rules or dashboard are written:
 * it is a value of the chart.
 */
export const clusterLabel = "__cluster__";

/** The expressions with the name of the label in its place. */
export function withClusterLabel<T>(value: T, name: string): T {
  return JSON.parse(JSON.stringify(value).replaceAll(clusterLabel, name)) as T;
}

/** Names of the series that are recorded for measurements. */
export const recorded = {
  sent: "pair:nodeping_probes_sent:rate",
  received: "pair:nodeping_probes_received:rate",
  loss: "pair:nodeping_loss:ratio",
  lost: "pair:nodeping_probes_lost:total",
  lostLately: "nodepair:nodeping_probes_lost:difference",
  rtt: "pair:nodeping_rtt_seconds:mean",
  bursts: "pair:nodeping_loss_bursts:increase",
  sentOfPlan: "source:nodeping_probes_sent:ratio",
  nodePairLoss: "nodepair:nodeping_loss:ratio",
  rowPeers: "source:nodeping_peers:count",
  columnPeers: "destination:nodeping_peers:count",
  sourceLoss: "source:nodeping_loss:ratio",
  destinationLoss: "destination:nodeping_loss:ratio",
  zonePairLoss: "zonepair:nodeping_loss:ratio",
  sourceRtt: "source:nodeping_rtt_seconds:mean",
  destinationRttMean: "destination:nodeping_rtt_seconds:mean",
  zonePairRtt: "zonepair:nodeping_rtt_seconds:mean",
  destinationRtt: "destination:nodeping_rtt_seconds:min",
  destinationRttUsual: "destination:nodeping_rtt_seconds:usual",
  sendFailures: "source:nodeping_send_failures:rate",
  duplicates: "source:nodeping_duplicates:rate",
  icmpErrors: "source:nodeping_icmp_errors:rate",
  cordoned: "node:nodeping_cordoned:ratio",
  stale: "node:nodeping_stale:bool",
} as const;

/** Labels that name one series of a pair, wherever it was scraped. */
export const pairIdentity = [clusterLabel, ...pairLabels, ...zoneLabels].join(", ");

/** Labels of two nodes, whichever of their addresses were probed. */
export const nodePairIdentity =
  `${clusterLabel}, source_node, destination_node, source_zone, destination_zone` as const;

/**
 * The rate of a pair's counter, once per pair: the same pair may be scraped twice (node-exporter
 * and a PodMonitor, or two pods during a rollout), and the scrapes differ in job and instance
 * alone. `and` leaves out what the agent no longer reports, although its samples still lie in the
 * window: a node that has left, an old address.
 */
export function pairRate(family: MetricFamily, window: string, matchers = ""): string {
  const series = selector(family, matchers);
  return `max by (${pairIdentity}) (rate(${series}[${window}]) and ${series})`;
}

/** The same at less cost, still with the pairs that ended within the window. */
export function endedPairRate(family: MetricFamily, window: string): string {
  return `max by (${pairIdentity}) (rate(${family.name}[${window}]))`;
}

/** The increase of a pair's counter over a window that may be long, once per pair. */
export function pairIncrease(family: MetricFamily, window: string, matchers = ""): string {
  return `max by (${pairIdentity}) (increase(${selector(family, matchers)}[${window}]))`;
}

/** `name{matchers}`. */
export function selector(family: MetricFamily, matchers = ""): string {
  return matchers === "" ? family.name : `${family.name}{${matchers}}`;
}

/** The vector with one label renamed. */
export function rename(vector: string, from: string, to: string): string {
  return `label_replace(${vector}, "${to}", "$1", "${from}", "(.*)")`;
}

/** The vector with the values of two labels exchanged, and no label besides these. */
export function exchange(vector: string, one: string, other: string): string {
  const exchanged = rename(
    rename(rename(vector, one, "exchanged"), other, one),
    "exchanged",
    other,
  );
  return `max by (${clusterLabel}, ${one}, ${other}) (${exchanged})`;
}

/** The agents that wrote within the last `seconds`, as a vector by cluster and `source_node`. */
export function freshAgents(seconds: string, matchers = ""): string {
  const series = selector(families.agentLastWriteTimestamp, matchers);
  const written = `max by (${clusterLabel}, source_node) (${series})`;
  return `time() - ${written} < ${seconds}`;
}
