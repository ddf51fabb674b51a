/** Alerts on the agents: what does not measure cannot show loss. @module */

import { clusterLabel, freshAgents, recorded, rename } from "../promql.ts";
import { unlessCordoned } from "./cause_alerts.ts";
import type { AlertText } from "./cause_alerts.ts";
import { causeSeries } from "./causes.ts";
import type { AlertKey, AlertSettings, Thresholds } from "./rule.ts";
import { families } from "../../src/metrics/families.ts";
import { leavingTaints } from "../../src/sync/node_choice.ts";
import { minMeshDegree } from "../../src/targets/destination.ts";

/** Steps of a clock in an hour that are one correction, or a job that sets it now and then. */
const maxClockSteps = 5;

/** Alerts about agents and their configuration. */
export function agentAlerts(
  thresholds: Thresholds,
  alerts: Readonly<Record<AlertKey, AlertSettings>>,
): Partial<Readonly<Record<AlertKey, AlertText>>> {
  const fresh = `and on (${clusterLabel}, source_node) (${freshAgents(thresholds.staleSeconds)})`;
  const bySource = (name: string) => `max by (${clusterLabel}, source_node) (${name})`;
  const hashes =
    `max by (${clusterLabel}, source_node, hash) (${families.agentConfigInfo.name}) ${fresh}`;
  const whereZero = (name: string) => `${bySource(name)} == 0 ${fresh}`;
  // Without a first node list nothing is measured: that is configRefused.
  const notMeasuring = `(${whereZero(families.agentMeasuring.name)} unless ` +
    `on (${clusterLabel}, source_node) ${bySource(families.agentReloadTimestamp.name)} == 0)`;
  return {
    agentNotMeasuring: {
      expr: unlessCordoned(
        `${byNode(notMeasuring)} unless ` +
          `on (${clusterLabel}, node) (${causeSeries}{kind="node"} >= ${thresholds.unreachable})`,
      ),
      summary: "The agent on {{ $labels.node }} cannot measure",
      description:
        "The agent on {{ $labels.node }} runs, but cannot send or receive ICMP. Its log " +
        "says what to do.",
    },
    agentMissing: {
      expr: agentMissing(thresholds, alerts.agentMissing.for),
      for: "0s",
      summary: "No agent reports from {{ $labels.node }}",
      description:
        "Other nodes probe {{ $labels.node }}, but no agent has reported from there for " +
        `${alerts.agentMissing.for}: it is missing, it hangs, or its textfile is not read.`,
    },
    probeRateLow: {
      expr: unlessCordoned(byNode(
        `(${recorded.sentOfPlan} < ${thresholds.probeRate} ${fresh} ` +
          `and on (${clusterLabel}, source_node) (${bySource(families.agentMeasuring.name)} == 1))`,
      )),
      summary: "The agent on {{ $labels.node }} probes more slowly than planned",
      description:
        "The agent on {{ $labels.node }} sends {{ $value | humanizePercentage }} of the " +
        "probes that its period asks for. A CPU limit is a usual reason.",
    },
    clockSteps: {
      expr: unlessCordoned(byNode(
        `(${bySource(`increase(${families.agentClockSteps.name}[1h])`)} > ${maxClockSteps})`,
      )),
      summary: "The clock of {{ $labels.node }} steps again and again",
      description:
        'The clock of {{ $labels.node }} has stepped {{ printf "%.0f" $value }} times within the ' +
        "hour. Its agent counts nothing around each step, and whatever else compares times on " +
        "that node goes wrong.",
    },
    configDiffers: {
      expr: `count by (${clusterLabel}) (count by (${clusterLabel}, hash) (${hashes})) > 1`,
      summary: "Agents work with different node lists",
      description: "{{ $value }} different node lists are applied at once, for longer than a " +
        "ConfigMap takes to reach every node.",
    },
    configRefused: {
      expr: `count by (${clusterLabel}) (${whereZero(families.agentReloadSuccess.name)}) > 0`,
      summary: "Agents refuse the newest node list",
      description: `The newest nodes.json is refused or missing on ${
        theNodes("source_node", whereZero(families.agentReloadSuccess.name))
      }: the one before stays, and an agent that has none yet measures nothing. The agents' logs say why.`,
    },
    nodeNotInList: {
      expr: `count by (${clusterLabel}) (${
        unlisted(whereZero(families.agentInNodeList.name))
      }) > 0`,
      summary: "Nodes are missing from the node list",
      description: `The node list lacks ${
        theNodes("source_node", unlisted(whereZero(families.agentInNodeList.name)))
      }: agents run there, but nobody probes them. See the log of the sync in the cluster, or run \`helm nodeping sync\`.`,
    },
    tooFewSources: {
      expr: `count by (${clusterLabel}) (${tooFewSources(thresholds)}) > 0`,
      summary: "Nodes are probed by fewer others than planned",
      description: `Fewer than half as many nodes as each node probes report on ${
        theNodes("destination_node", tooFewSources(thresholds))
      }: a fault there may not be seen.`,
    },
    noAgent: {
      // A textfile that was left behind is no agent.
      expr: noAgent(thresholds),
      summary: "No agent measures anything",
      description: "Prometheus has no probes from any node: the agents do not run, or their " +
        "metrics are not scraped.",
    },
  };
}

/** Nothing at all, or nothing any more of a cluster that had agents within the hour. */
function noAgent({ staleSeconds }: Thresholds): string {
  const { name: lastWrite } = families.agentLastWriteTimestamp;
  const had = `group by (${clusterLabel}) (last_over_time(${lastWrite}[1h]))`;
  return `absent(${freshAgents(staleSeconds)}) unless on () ${had} ` +
    `or ${had} unless on (${clusterLabel}) (${freshAgents(staleSeconds)})`;
}

/** Names of the nodes that an alert's value counts, or their number where they are many. */
export function theNodes(label: string, expr: string): string {
  const ofCluster = `(${expr}) and on (${clusterLabel}) ` +
    `group by (${clusterLabel}) (${families.agentLastWriteTimestamp.name}{${clusterLabel}=%q})`;
  return `{{ if le $value 5.0 }}{{ range $place, $node := printf ${
    JSON.stringify(ofCluster)
  } $labels.${clusterLabel} | query | sortByLabel "${label}" }}` +
    `{{ if $place }}, {{ end }}{{ $node.Labels.${label} }}{{ end }}` +
    "{{ else }}{{ $value }} nodes{{ end }}";
}

/**
 * Those of the nodes that are not on their way out, which the sync leaves out of the list: a drain may
 * take hours. kube-state-metrics knows the marks (node_choice.ts); without it all are.
 */
function unlisted(vector: string): string {
  const keys = leavingTaints.map((key) => key.replaceAll(".", "[.]")).join("|");
  const leaving = `max by (${clusterLabel}, node) (kube_node_spec_taint{key=~"${keys}"} ` +
    `or kube_node_deletion_timestamp ` +
    `or kube_node_status_condition{condition="Terminating", status="true"} == 1)`;
  return `${vector} unless on (${clusterLabel}, source_node) ` +
    rename(leaving, "node", "source_node");
}

function byNode(vector: string): string {
  return `max by (${clusterLabel}, node) (${rename(vector, "source_node", "node")})`;
}

/**
 * By its choice, a mesh gives each node at least half as many sources as destinations: see
 * docs/large-clusters.md. In a small cluster every missing agent has an alert of its own.
 */
function tooFewSources({ staleSeconds }: Thresholds): string {
  const degrees = `max by (${clusterLabel}, source_node) (${families.agentMeshDegree.name}) ` +
    `and on (${clusterLabel}, source_node) (${freshAgents(staleSeconds)})`;
  // Whom no list has is nobody's to probe, and has an alert of its own.
  const listed = `(${degrees} unless on (${clusterLabel}, source_node) ` +
    `max by (${clusterLabel}, source_node) (${families.agentInNodeList.name}) == 0)`;
  const sources = `(sum by (${clusterLabel}, destination_node) (${recorded.columnPeers}) ` +
    `or 0 * max by (${clusterLabel}, destination_node) (${
      rename(listed, "source_node", "destination_node")
    }))`;
  const usual = `quantile by (${clusterLabel}) (0.5, ${degrees})`;
  return `${sources} < on (${clusterLabel}) group_left () (0.5 * ${usual}) ` +
    `and on (${clusterLabel}) (${usual} >= ${minMeshDegree})`;
}

/**
 * A node that was probed all the time, while its agent wrote nothing new. The expression itself looks
 * at how long that has held: an agent counts as stopped `staleSeconds` after its last write, and
 * another `for` would come on top. A node that was unreachable has an alert already, and its agent
 * the same time again to report; a cordoned one is being worked on.
 */
function agentMissing({ staleSeconds, unreachable }: Thresholds, duration: string): string {
  const { name: lastWrite } = families.agentLastWriteTimestamp;
  const probed = (offset: string) =>
    `sum by (${clusterLabel}, destination_node) (${recorded.columnPeers}${offset})`;
  const probedLong = `(${probed("")} and ${probed(` offset ${duration}`)})`;
  const written = `max by (${clusterLabel}, source_node) (changes(${lastWrite}[${duration}])) > 0`;
  const dead = `max_over_time(${causeSeries}{kind="node"}[${duration}]) >= ${unreachable}`;
  const missing =
    `max by (${clusterLabel}, node) (${rename(probedLong, "destination_node", "node")} * 0 + 1) ` +
    `unless on (${clusterLabel}, node) ${byNode(`(${written})`)} ` +
    `unless on (${clusterLabel}, node) ${byNode(`(${freshAgents(staleSeconds)})`)} ` +
    `unless on (${clusterLabel}, node) (${dead})`;
  return `${unlessCordoned(missing)} unless on (${clusterLabel}, node) ${recorded.stale}`;
}
