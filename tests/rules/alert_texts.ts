/** What people read: the texts of every alert, and the series that raise it. @module */

import type { AlertKey } from "../../dashboard/rules/rule.ts";
import { families } from "../../src/metrics/families.ts";
import { syncMetrics } from "../../src/sync/in_cluster.ts";
import { betweenLoss, linkLoss, namesIn, nodeLoss, nodeName } from "../cases/cluster.ts";
import type { AlertLabels } from "./promtool.ts";
import { clusterSeries, counting, steadyPair } from "./series.ts";
import type { InputSeries } from "./series.ts";
import {
  a,
  agents,
  b,
  burst,
  c,
  deadExternal,
  degree,
  each,
  firstZone,
  five,
  further,
  hole,
  inB,
  inRing,
  lossy,
  mtus,
  nearer,
  ofNode,
  own,
  pairsOf,
  secondZone,
  slow,
  steps,
  twelve,
  twenty,
  vanishing,
  well,
  zoned,
} from "./alert_series.ts";

/** One alert as it is read, and what was measured. */
export interface AlertText {
  readonly key: AlertKey;
  readonly labels?: AlertLabels;
  readonly summary: string;
  readonly description: string;
  readonly series: readonly InputSeries[];
}

/** Every text, at least one an alert. */
export const texts: readonly AlertText[] = [
  {
    key: "nodeUnreachable",
    labels: ofNode("node", b),
    summary: `Node ${b} is unreachable from the other nodes`,
    description: `Most nodes lose 100% of their probes to ${b}, and it reaches none of them or ` +
      "does not report. Worst address: 10.0.0.2.",
    series: lossy(nodeLoss(b, 1)),
  },
  {
    key: "nodeLossy",
    labels: ofNode("node", c),
    summary: `Node ${c} loses packets to and from most nodes`,
    description: `33.33% of the probes between ${c} and most other nodes are lost, in both ` +
      "directions. Worst address: 10.0.0.3.",
    series: [...lossy(nodeLoss(c, 1 / 3)), ...deadExternal(c)],
  },
  {
    key: "sourceFaulty",
    labels: ofNode("source", a),
    summary: `Node ${a} sees loss to most nodes, which reach it and each other`,
    description: `${a} loses 12.33% of the probes that it sends, and hardly any probe sent to it ` +
      "is lost: its agent, its socket or its own packet filter is at fault.",
    series: lossy([{ from: [a], loss: 0.1233 }]),
  },
  {
    key: "destinationNotAnswering",
    labels: ofNode("destination", b),
    summary: `Node ${b} does not answer ICMP, but reaches the others`,
    description: `40% of the probes to ${b} are lost, its own are not: it filters or limits ` +
      "ICMP. No reason to drain it. Worst address: 10.0.0.2.",
    series: lossy([{ to: [b], loss: 0.4 }]),
  },
  {
    key: "linkLossy",
    labels: { kind: "link", node: nearer, peer: further },
    summary: `The link between ${nearer} and ${further} loses packets`,
    description: `30% of the probes between ${nearer} and ${further} are lost, while both do ` +
      "well with the other nodes.",
    series: lossy(linkLoss(a, c, 0.3)),
  },
  {
    key: "zonePairLossy",
    labels: { kind: "zone-pair", zone: "zone-b", peer_zone: "zone-b" },
    summary: "Packets are lost inside zone zone-b",
    description: "30% of the probes inside zone zone-b are lost, in most of the pairs of nodes.",
    series: lossy(betweenLoss(inB, inB, 0.3), zoned),
  },
  {
    key: "zonePairLossy",
    labels: { kind: "zone-pair", zone: firstZone, peer_zone: secondZone },
    summary: `Packets are lost between zones ${firstZone} and ${secondZone}`,
    description: `10% of the probes between zones ${firstZone} and ${secondZone} are lost, in ` +
      "most of the pairs of nodes.",
    series: lossy(betweenLoss(namesIn(zoned, "zone-a"), inB, 0.1), zoned),
  },
  {
    key: "zonePairLossy",
    labels: { kind: "zone-pair", zone: "zone-b", peer_zone: "zone-a" },
    summary: "Packets are lost between zones zone-b and zone-a",
    description: "100% of the probes between zones zone-b and zone-a are lost, in most of the " +
      "pairs of nodes. Only those from zone-b are: a firewall or security group that lets ICMP " +
      "through one way.",
    series: lossy([{ from: inB, to: namesIn(zoned, "zone-a"), loss: 1 }], zoned),
  },
  {
    key: "zonePairLossy",
    labels: { kind: "zone-pair", zone: "zone-b", peer_zone: "zone-a" },
    summary: "Packets are lost between zones zone-b and zone-a",
    description: "100% of the probes between zones zone-b and zone-a are lost, in most of the " +
      "pairs of nodes.",
    series: clusterSeries(
      {
        nodes: zoned,
        losses: [{ from: inB, to: namesIn(zoned, "zone-a"), loss: 1 }],
        silent: namesIn(zoned, "zone-a"),
      },
      steps,
    ),
  },
  {
    key: "zonePairLossy",
    labels: { kind: "zone-pair" },
    summary: "Packets are lost between most nodes",
    description: "100% of the probes between most nodes are lost, in most of the pairs of nodes.",
    series: lossy([{ loss: 1 }]),
  },
  {
    key: "pathMtuBlackHole",
    labels: { kind: "mtu", node: nearer, peer: further },
    summary: `Full-size packets vanish between ${nearer} and ${further}`,
    description: vanishing("1400 bytes pass. "),
    series: mtus(({ source, destination }) => source === a && destination === c ? hole : well),
  },
  {
    key: "pathMtuBlackHole",
    labels: { kind: "mtu", node: b },
    summary: `Full-size packets vanish between ${b} and most nodes`,
    description: vanishing("1400 bytes pass. "),
    series: mtus(({ destination }) => destination === b ? hole : well),
  },
  {
    key: "pathMtuBlackHole",
    labels: { kind: "mtu" },
    summary: "Full-size packets vanish between many nodes",
    description: vanishing(""),
    series: mtus(() => hole),
  },
  {
    key: "pathMtuSmall",
    labels: { node: b },
    summary: `The path MTU of ${b} is smaller than that of most nodes`,
    description: `Packets from ${b} to most nodes may have 1400 bytes, fewer than those of most ` +
      "nodes. Path MTU discovery works, so that nothing is lost; throughput is.",
    series: mtus(({ source }) => source === b ? { ...hole, blackHole: 0 } : well),
  },
  {
    key: "linkLossy",
    summary: "Many links lose packets",
    description:
      "4 links lose packets, while their nodes do well with others: what they share may " +
      "be one of several equal paths.",
    series: lossy(
      [[1, 2], [3, 4], [5, 6], [7, 8]].flatMap(([one = 0, other = 0]) =>
        linkLoss(nodeName(one), nodeName(other), 0.3)
      ),
      twelve,
    ),
  },
  {
    key: "pathLossy",
    labels: { kind: "path", zone: firstZone, peer_zone: secondZone },
    summary: `A part of the pairs loses packets between zones ${firstZone} and ${secondZone}`,
    description: `Some of the pairs of nodes between zones ${firstZone} and ${secondZone} lose ` +
      "100% of their probes, the others nothing, and no node explains which: one of several equal " +
      "paths, a member of a link aggregation or a route, is bad.",
    series: lossy(
      [[1, 2], [4, 5], [7, 8], [1, 5], [4, 8]].flatMap(([one = 0, other = 0]) =>
        linkLoss(nodeName(one), nodeName(other), 1)
      ),
      zoned,
    ),
  },
  {
    key: "lossBursts",
    labels: { node: nearer, peer: further },
    summary: `Loss bursts between ${nearer} and ${further}`,
    description: `Runs of three or more lost probes in the last 10m: 1. Averages hide them.`,
    series: pairsOf(({ source, destination }) =>
      source === nearer && destination === further ? burst : {}
    ),
  },
  {
    key: "lossBursts",
    labels: { node: b },
    summary: `Loss bursts to or from ${b}`,
    description: `Runs of three or more lost probes in the last 10m: 1. Averages hide them.`,
    series: pairsOf(({ source, destination }) => [source, destination].includes(b) ? burst : {}),
  },
  {
    key: "lossBursts",
    summary: "Loss bursts between many nodes",
    description: "Links with runs of three or more lost probes in the last 10m: 24. Averages " +
      "hide them.",
    series: pairsOf((pair) => inRing(pair) ? burst : {}, twelve),
  },
  {
    key: "rttHigh",
    labels: { node: b },
    summary: `Round trips to ${b} take far longer than usual`,
    description: `Even the nearest node needs 5ms for a round trip to ${b}: more than 3 times ` +
      "what is usual.",
    series: pairsOf(({ source, destination }) => [source, destination].includes(b) ? slow : {}),
  },
  {
    key: "rttHigh",
    summary: "Round trips to most nodes take far longer than usual",
    description: "5 nodes are slow to reach: more than 3 times what is usual.",
    series: pairsOf(() => slow),
  },
  {
    key: "agentNotMeasuring",
    labels: { node: b },
    summary: `The agent on ${b} cannot measure`,
    description:
      `The agent on ${b} runs, but cannot send or receive ICMP. Its log says what to do.`,
    series: agents({ [b]: { [families.agentMeasuring.name]: `0x${steps}` } }),
  },
  {
    key: "agentMissing",
    labels: { node: b },
    summary: `No agent reports from ${b}`,
    description: `Other nodes probe ${b}, but no agent has reported from there for 5m: it is ` +
      "missing, it hangs, or its textfile is not read.",
    series: clusterSeries({ nodes: five, losses: [], silent: [b] }, steps),
  },
  {
    key: "probeRateLow",
    labels: { node: b },
    summary: `The agent on ${b} probes more slowly than planned`,
    description: `The agent on ${b} sends 66.67% of the probes that its period asks for. A CPU ` +
      "limit is a usual reason.",
    series: pairsOf(({ source }) =>
      source === b ? { sent: counting(80, steps), received: counting(80, steps) } : {}
    ),
  },
  {
    key: "clockSteps",
    labels: { node: b },
    summary: `The clock of ${b} steps again and again`,
    description: `The clock of ${b} has stepped 38 times within the hour. Its agent counts ` +
      "nothing around each step, and whatever else compares times on that node goes wrong.",
    series: agents({ [b]: { [families.agentClockSteps.name]: counting(1, steps) } }),
  },
  {
    key: "configDiffers",
    summary: "Agents work with different node lists",
    description: "2 different node lists are applied at once, for longer than a ConfigMap takes " +
      "to reach every node.",
    series: agents({ [b]: { hash: "another" } }),
  },
  {
    key: "configRefused",
    summary: "Agents refuse the newest node list",
    description:
      `The newest nodes.json is refused or missing on ${a}, ${b}: the one before stays, ` +
      "and an agent that has none yet measures nothing. The agents' logs say why.",
    series: agents(each(2, { [families.agentReloadSuccess.name]: `0x${steps}` })),
  },
  {
    key: "configRefused",
    summary: "Agents refuse the newest node list",
    description: "The newest nodes.json is refused or missing on 12 nodes: the one before stays, " +
      "and an agent that has none yet measures nothing. The agents' logs say why.",
    series: agents(each(12, { [families.agentReloadSuccess.name]: `0x${steps}` }), twelve),
  },
  {
    key: "nodeNotInList",
    summary: "Nodes are missing from the node list",
    description: `The node list lacks ${b}: agents run there, but nobody probes them. See ` +
      "the log of the sync in the cluster, or run `helm nodeping sync`.",
    series: agents({ [b]: { [families.agentInNodeList.name]: `0x${steps}` } }),
  },
  {
    key: "tooFewSources",
    summary: "Nodes are probed by fewer others than planned",
    description:
      `Fewer than half as many nodes as each node probes report on ${a}: a fault there ` +
      "may not be seen.",
    series: clusterSeries(
      { nodes: twenty, losses: [], silent: [] },
      steps,
      (pair) => pair.destination === a ? undefined : steadyPair(pair, steps),
      Object.fromEntries(twenty.map(({ name }) => [name, degree])),
    ),
  },
  {
    key: "configEntriesSkipped",
    labels: { reason: "own_address" },
    summary: "Entries of the node list are skipped",
    description:
      "2 entries of the node list are not probed (reason: own_address). The agents' logs " +
      "name them, and say what to do.",
    series: [
      ...agents({}),
      own(families.agentSkippedEntries.name, { source_node: a, reason: "own_address" }, 2),
    ],
  },
  {
    key: "targetsUnresolved",
    summary: "Host names of the node list do not resolve",
    description: `Nobody measures some destinations from ${b}: their host names have no address ` +
      "there. The agents' logs name them.",
    series: [...agents({}), own(families.agentUnresolvedTargets.name, { source_node: b }, 1)],
  },
  {
    key: "nodeListStale",
    summary: "The node list holds nodes that the cluster does not have",
    description:
      `${b}: probed, but no Node of the cluster any more. Nothing else alerts for them. ` +
      "See the log of the sync in the cluster, or run `helm nodeping sync`.",
    series: [
      ...agents({}),
      ...five.filter(({ name }) => name !== b).map(({ name }) =>
        own("kube_node_info", { node: name }, 1)
      ),
    ],
  },
  {
    key: "syncFailing",
    labels: { namespace: "monitoring" },
    summary: "The sync of the node list fails",
    description:
      "The sync in the cluster (monitoring) does not keep the node list true: it does not " +
      "run, does not reach the API server, or refuses the list. Its log says why: kubectl logs " +
      "deployment/node-ping-sync.",
    series: [...agents({}), own(syncMetrics.failing.name, { namespace: "monitoring" }, 1)],
  },
  {
    key: "noAgent",
    summary: "No agent measures anything",
    description: "Prometheus has no probes from any node: the agents do not run, or their " +
      "metrics are not scraped.",
    series: [{ series: 'up{job="node-exporter"}', values: `1x${steps}` }],
  },
];
