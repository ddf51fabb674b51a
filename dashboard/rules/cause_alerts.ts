/** Alerts on what the mesh measures: one for each cause, loss bursts and round-trip times. @module */

import { clusterLabel, exchange, recorded, rename } from "../promql.ts";
import { badZonePairSeries, causeSeries } from "./causes.ts";
import { intermittentLossSeries, unexplainedBurstsSeries } from "./loss_bursts.ts";
import { smallPathMtus } from "./path_mtu.ts";
import type { AlertKey, AlertSettings, Thresholds } from "./rule.ts";
import { families } from "../../src/metrics/families.ts";

/** What an alert says, and when. */
export interface AlertText {
  readonly expr: string;
  readonly summary: string;
  readonly description: string;
  /** Set where the expression itself looks at how long its condition has held. */
  readonly for?: "0s";
}

/** Nodes that are cordoned, as `node`. */
const cordonedNodes = `(${recorded.cordoned} > 0.5)`;

const loss = "{{ $value | humanizePercentage }}";
const worstAddress = `{{ with printf "topk(1, avg by (destination_address) (` +
  `${recorded.loss}{${clusterLabel}=%q, destination_kind=\\"node\\", destination_node=%q}))" ` +
  `$labels.${clusterLabel} $labels.node | query }}` +
  ` Worst address: {{ . | first | label "destination_address" }}.{{ end }}`;

/** The least that passes between the two nodes, or of the one, whichever way it was measured. */
const passingBytes = `{{ if $labels.peer }}${
  smallestPath({ source_node: "node", destination_node: "peer" }, {
    source_node: "peer",
    destination_node: "node",
  })
}{{ else if $labels.node }}${
  smallestPath({ source_node: "node" }, { destination_node: "node" })
}{{ end }}`;

/** Of the black holes whose labels have the values of these labels of the alert. */
function smallestPath(...ways: readonly Readonly<Record<string, string>>[]): string {
  const { pathMtuBytes, pathMtuBlackHole } = families;
  const series = ways.map((way) =>
    `${pathMtuBytes.name}{${[clusterLabel, ...Object.keys(way)].map((l) => `${l}=%q`).join(", ")}}`
  );
  const values = ways.flatMap((way) => [clusterLabel, ...Object.values(way)])
    .map((label) => `$labels.${label}`);
  return `{{ with printf "min((${series.join(" or ")}) and ${pathMtuBlackHole.name} == 1)" ` +
    `${values.join(" ")} | query }} {{ . | first | value }} bytes pass.{{ end }}`;
}

/** Nodes without a zone have an empty one. */
const betweenZones = "{{ if eq $labels.zone $labels.peer_zone }}" +
  "{{ with $labels.zone }}inside zone {{ . }}{{ else }}between most nodes{{ end }}{{ else }}" +
  'between zones {{ or $labels.zone "(none)" }} and {{ or $labels.peer_zone "(none)" }}{{ end }}';

const wayBack = `{${clusterLabel}=%q, source_zone=%q, destination_zone=%q}`;
const valuesOfWayBack = `$labels.${clusterLabel} $labels.peer_zone $labels.zone`;

/**
 * Where the way back between two zones does well: the cause then names the source's zone first. Of
 * fewer than three pairs that way the rules say nothing.
 */
const oneWay = "{{ if ne $labels.zone $labels.peer_zone }}" +
  `{{ with printf "sum(${recorded.rowPeers}${wayBack}) >= 3 ` +
  `unless on () ${badZonePairSeries}${wayBack}" ${valuesOfWayBack} ${valuesOfWayBack} | query }}` +
  ' Only those from {{ or $labels.zone "(none)" }} are: a firewall or security group that lets ICMP ' +
  "through one way.{{ end }}{{ end }}";

/** Alerts that say who is to blame. */
export function causeAlerts(
  thresholds: Thresholds,
  alerts: Readonly<Record<AlertKey, AlertSettings>>,
): Partial<Readonly<Record<AlertKey, AlertText>>> {
  const { unreachable } = thresholds;
  return {
    nodeUnreachable: {
      // The loss of a node that dies grows with the window, and would be "lossy" first. So what must
      // have held is that it is at fault, and what it is called depends on the loss now.
      expr: unlessCordoned(
        `(${cause("node")} >= ${unreachable} and ${
          cause("node")
        } offset ${alerts.nodeUnreachable.for})`,
      ),
      for: "0s",
      summary: "Node {{ $labels.node }} is unreachable from the other nodes",
      description:
        `Most nodes lose ${loss} of their probes to {{ $labels.node }}, and it reaches ` +
        `none of them or does not report.${worstAddress}`,
    },
    nodeLossy: {
      expr: unlessCordoned(`${cause("node")} < ${unreachable}`),
      summary: "Node {{ $labels.node }} loses packets to and from most nodes",
      description: `${loss} of the probes between {{ $labels.node }} and most other nodes are ` +
        `lost, in both directions.${worstAddress}`,
    },
    sourceFaulty: {
      expr: unlessCordoned(cause("source")),
      summary: "Node {{ $labels.node }} sees loss to most nodes, which reach it and each other",
      description: `{{ $labels.node }} loses ${loss} of the probes that it sends, and hardly any ` +
        "probe sent to it is lost: its agent, its socket or its own packet filter is at fault.",
    },
    destinationNotAnswering: {
      expr: unlessCordoned(cause("destination")),
      summary: "Node {{ $labels.node }} does not answer ICMP, but reaches the others",
      description: `${loss} of the probes to {{ $labels.node }} are lost, its own are not: it ` +
        `filters or limits ICMP. No reason to drain it.${worstAddress}`,
    },
    linkLossy: {
      expr: oneForMany(
        `(${unlessCordoned(cause("link"))} unless on (${clusterLabel}, peer) ` +
          `${rename(cordonedNodes, "node", "peer")})`,
        manyLinks,
      ),
      summary: "{{ if $labels.peer }}The link between {{ $labels.node }} and {{ $labels.peer }} " +
        "loses packets{{ else }}Many links lose packets{{ end }}",
      description: `{{ if $labels.peer }}${loss} of the probes between {{ $labels.node }} and ` +
        "{{ $labels.peer }} are lost, while both do well with the other nodes." +
        "{{ else }}{{ $value }} links lose packets, while their nodes do well with others: what " +
        "they share may be one of several equal paths.{{ end }}",
    },
    pathLossy: {
      expr: cause("path"),
      summary: `A part of the pairs loses packets ${betweenZones}`,
      description: `Some of the pairs of nodes ${betweenZones} lose ${loss} of their probes, the ` +
        "others nothing, and no node explains which: one of several equal paths, a member of a " +
        "link aggregation or a route, is bad.",
    },
    zonePairLossy: {
      expr: cause("zone-pair"),
      summary: `Packets are lost ${betweenZones}`,
      description:
        `${loss} of the probes ${betweenZones} are lost, in most of the pairs of nodes.${oneWay}`,
    },
    pathMtuBlackHole: {
      expr: `${unlessCordoned(cause("mtu"))} unless on (${clusterLabel}, peer) ${
        rename(cordonedNodes, "node", "peer")
      }`,
      summary:
        "{{ if $labels.peer }}Full-size packets vanish between {{ $labels.node }} and {{ $labels.peer }}" +
        "{{ else if $labels.node }}Full-size packets vanish between {{ $labels.node }} and most nodes" +
        "{{ else }}Full-size packets vanish between many nodes{{ end }}",
      description: "Small packets pass, and no router says that larger ones do not fit: TLS " +
        `handshakes and large answers hang.${passingBytes} Usual reasons are the headers of an ` +
        "overlay, the limit of a virtual switch, jumbo frames on one side, a filter of ICMP type 3.",
    },
    pathMtuSmall: {
      expr: unlessCordoned(`(${smallPathMtus()})`),
      summary: "The path MTU of {{ $labels.node }} is smaller than that of most nodes",
      description:
        "Packets from {{ $labels.node }} to most nodes may have {{ $value }} bytes, fewer " +
        "than those of most nodes. Path MTU discovery works, so that nothing is lost; throughput is.",
    },
    lossBursts: {
      expr: lossBursts(),
      summary:
        "{{ if $labels.peer }}Loss bursts between {{ $labels.node }} and {{ $labels.peer }}" +
        "{{ else if $labels.node }}Loss bursts to or from {{ $labels.node }}" +
        "{{ else }}Loss bursts between many nodes{{ end }}",
      description:
        "{{ if $labels.node }}Runs{{ else }}Links with runs{{ end }} of three or more lost probes " +
        `in the last ${thresholds.burstWindow}: {{ $value | humanize }}. Averages hide them.`,
    },
    rttHigh: {
      expr: rttHigh(thresholds),
      summary: "{{ if $labels.node }}Round trips to {{ $labels.node }} take far longer than usual" +
        "{{ else }}Round trips to most nodes take far longer than usual{{ end }}",
      description:
        "{{ if $labels.node }}Even the nearest node needs {{ $value | humanizeDuration }} " +
        "for a round trip to {{ $labels.node }}{{ else }}{{ $value }} nodes are slow to reach" +
        `{{ end }}: more than ${thresholds.rttFactor} times what is usual.`,
    },
  };
}

function cause(kind: string): string {
  return `${causeSeries}{kind="${kind}"}`;
}

/** The vector without the nodes that are cordoned: somebody works on them. */
export function unlessCordoned(vector: string): string {
  return `${vector} unless on (${clusterLabel}, node) ${cordonedNodes}`;
}

/** Links above these numbers are one alert. */
const manyLinks = 3;
const manyBurstLinks = 20;

/** The links, or their number where they are many. */
function oneForMany(links: string, most: number): string {
  const many = `(count by (${clusterLabel}) (${links}) > ${most})`;
  return `(${links} unless on (${clusterLabel}) ${many}) or ${many}`;
}

/** Nodes and links, or the number of links where they are many, or concern most nodes. */
function lossBursts(): string {
  const nodes = `${intermittentLossSeries}{peer=""}`;
  const links = `${intermittentLossSeries}{peer!=""}`;
  const count = (vector: string) => `count by (${clusterLabel}) (${vector})`;
  const pairs =
    `max by (${clusterLabel}, source_node, destination_node) (${unexplainedBurstsSeries})`;
  const bothWays = `${pairs} or ${exchange(pairs, "source_node", "destination_node")}`;
  const all = count(`count by (${clusterLabel}, destination_node) (${recorded.columnPeers})`);
  const mostNodes = `(${count(nodes)} > 0.5 * ${all} and ${count(nodes)} > 2)`;
  return `((${nodes} or ${
    oneForMany(links, manyBurstLinks)
  }) unless on (${clusterLabel}) ${mostNodes}) ` +
    `or (0.5 * ${count(bothWays)} and ${mostNodes})`;
}

function rttHigh({ rttFactor, rttIncreaseSeconds }: Thresholds): string {
  const { destinationRtt: rtt, destinationRttUsual: usual } = recorded;
  const slow = `(${rtt} > ${rttFactor} * ${usual} and ${rtt} - ${usual} > ${rttIncreaseSeconds})`;
  const count = (vector: string) => `count by (${clusterLabel}) (${vector})`;
  const many = `${count(slow)} > 0.5 * ${count(rtt)} and ${count(slow)} > 1`;
  return `${
    unlessCordoned(`max by (${clusterLabel}, node) (${rename(slow, "destination_node", "node")})`)
  } ` +
    `unless on (${clusterLabel}) (${many}) or (${many})`;
}
