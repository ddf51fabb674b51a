/** Queries of the agents themselves. @module */

import { recorded } from "../promql.ts";
import { selectedAgents, selectedCluster } from "./selection.ts";
import { staleNodes } from "../rules/list_alerts.ts";
import { families } from "../../src/metrics/families.ts";
import { syncMetrics } from "../../src/sync/in_cluster.ts";
import type { MetricFamily } from "../../src/metrics/samples.ts";

const gauge = (family: MetricFamily) => `max by (source_node) (${family.name}{${selectedAgents}})`;
const increase = (family: MetricFamily, more = "") =>
  `max by (source_node${more}) (increase(${family.name}{${selectedAgents}}[$__rate_interval])) > 0`;

/** Probes a second of the median pair, as part of the planned rate. */
export const rateOfPlan = `${recorded.sentOfPlan}{${selectedAgents}}`;

/** Seconds since the last write. */
export const age = `time() - ${gauge(families.agentLastWriteTimestamp)}`;

/** Seconds that the last textfile took. */
export const writeSeconds = gauge(families.agentTextfileWriteSeconds);

/** Restarts of fping, by reason. */
export const restarts = increase(families.agentFpingRestarts, ", reason");

/** What should not happen, one query an entry. */
export const troubles = {
  "replies from a wrong source": increase(families.agentWrongSource),
  "clock steps": increase(families.agentClockSteps),
  "unreadable lines of fping": increase(families.agentUnparsedLines),
  "failed look-ups": increase(families.agentResolutionFailures),
  "failed writes of the textfile": increase(families.agentTextfileWriteErrors),
} as const;

/** What the kernel and the network said about probes, times a minute. */
export const refusals = {
  "not sent": aMinute(recorded.sendFailures),
  duplicates: aMinute(recorded.duplicates),
  "ICMP errors": aMinute(recorded.icmpErrors),
} as const;

function aMinute(rate: string): string {
  return `${rate}{${selectedAgents}} * 60 > 0`;
}

/** What is wrong with the node list, or with what keeps it true; one query an entry. */
export const listProblems = {
  "{{source_node}} skipped, {{reason}}":
    `max by (source_node, reason) (${families.agentSkippedEntries.name}{${selectedAgents}}) > 0`,
  "{{source_node}} unresolved": `${gauge(families.agentUnresolvedTargets)} > 0`,
  "{{node}} stale": `${staleNodes}{${selectedCluster}}`,
  "sync failing ({{namespace}})":
    `max by (namespace) (${syncMetrics.failing.name}{${selectedCluster}}) > 0`,
} as const;

/** Columns of the table of agents. */
export const inventory = {
  versions:
    `max by (source_node, version, fping_version) (${families.agentBuildInfo.name}{${selectedAgents}})`,
  list: `max by (source_node, hash) (${families.agentConfigInfo.name}{${selectedAgents}})`,
  targets: gauge(families.agentTargets),
  measuring: gauge(families.agentMeasuring),
  inNodeList: gauge(families.agentInNodeList),
  reloadSuccess: gauge(families.agentReloadSuccess),
  reloaded: `${gauge(families.agentReloadTimestamp)} * 1000`,
} as const;
