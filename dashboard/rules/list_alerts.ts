/** Alerts on the node list, and on what keeps it true. @module */

import { clusterLabel, freshAgents, recorded, rename } from "../promql.ts";
import { theNodes } from "./agent_alerts.ts";
import type { AlertText } from "./cause_alerts.ts";
import type { AlertKey, RecordingRule, RuleSettings } from "./rule.ts";
import { families } from "../../src/metrics/families.ts";
import { syncMetrics } from "../../src/sync/in_cluster.ts";

/** 1 for each node that is probed, and is no Node of the cluster any more; by `node`. */
export const staleNodes = recorded.stale;

/** The series of kube-state-metrics that each Node has. */
const nodeObjects = `max by (${clusterLabel}, node) (max_over_time(kube_node_info[10m]))`;

/**
 * Judged only where Prometheus knows at least half of the probed nodes: without kube-state-metrics,
 * and for a list by hand with other names, nothing is stale.
 */
export function staleNodeRules(): readonly RecordingRule[] {
  const listed = `max by (${clusterLabel}, node) (${
    rename(recorded.columnPeers, "destination_node", "node")
  }) * 0 + 1`;
  return [{
    record: staleNodes,
    expr: `(${listed}) unless on (${clusterLabel}, node) ${nodeObjects} ` +
      `and on (${clusterLabel}) (count by (${clusterLabel}) ((${listed}) and on (${clusterLabel}, node) ${nodeObjects}) >= 0.5 * count by (${clusterLabel}) (${listed}))`,
  }];
}

/** Alerts on entries that are not probed, on a stale list, and on the sync in the cluster. */
export function listAlerts(
  { thresholds, fullname }: RuleSettings,
): Partial<Readonly<Record<AlertKey, AlertText>>> {
  const fresh = `and on (${clusterLabel}, source_node) (${freshAgents(thresholds.staleSeconds)})`;
  const skipped =
    `max by (${clusterLabel}, source_node, reason) (${families.agentSkippedEntries.name}) ${fresh}`;
  const unresolved =
    `max by (${clusterLabel}, source_node) (${families.agentUnresolvedTargets.name}) > 0 ${fresh}`;
  return {
    configEntriesSkipped: {
      expr: `max by (${clusterLabel}, reason) (${skipped}) > 0`,
      summary: "Entries of the node list are skipped",
      description: "{{ $value }} entries of the node list are not probed (reason: " +
        "{{ $labels.reason }}). The agents' logs name them, and say what to do.",
    },
    targetsUnresolved: {
      expr: `count by (${clusterLabel}) (${unresolved}) > 0`,
      summary: "Host names of the node list do not resolve",
      description: `Nobody measures some destinations from ${
        theNodes("source_node", unresolved)
      }: their host names have no address there. The agents' logs name them.`,
    },
    nodeListStale: {
      expr: `count by (${clusterLabel}) (${staleNodes}) > 0`,
      summary: "The node list holds nodes that the cluster does not have",
      description:
        `${
          theNodes("node", staleNodes)
        }: probed, but no Node of the cluster any more. Nothing else alerts for them. See the log of ` +
        "the sync in the cluster, or run `helm nodeping sync`.",
    },
    syncFailing: {
      expr: syncFailing(`${fullname}-sync`),
      summary: "The sync of the node list fails",
      description:
        "The sync in the cluster ({{ $labels.namespace }}) does not keep the node list " +
        `true: it does not run, does not reach the API server, or refuses the list. Its log says ` +
        `why: kubectl logs deployment/${fullname}-sync.`,
    },
  };
}

/**
 * Its own metrics say most, but need a PodMonitor. kube-state-metrics says without one that it is not
 * ready: it has never reached the API server, does not start, or has no node to run on.
 */
function syncFailing(deployment: string): string {
  const own = (name: string) => `max by (${clusterLabel}, namespace) (${name})`;
  const hour = 3600;
  return `${own(syncMetrics.failing.name)} == 1 ` +
    `or time() - ${own(syncMetrics.lastSuccess.name)} > ${hour} ` +
    `or max by (${clusterLabel}, namespace) (kube_deployment_status_replicas_available{deployment="${deployment}"}) == 0`;
}
