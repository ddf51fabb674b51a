/**
 * Intermittent loss: too short for the causes, which look at averages. What an alert has named of
 * late is left out; of the rest, bursts to or from most peers of a node are that node's, the others
 * a link's.
 *
 * @module
 */

import { clusterLabel, exchange, recorded, rename } from "../promql.ts";
import { agentsOrder, causeSeries, meshLossSeries, secondOfTwo } from "./causes.ts";
import type { AlertKey, RuleGroup, Thresholds } from "./rule.ts";
import { alertName } from "./rule.ts";

/** Loss bursts by `node`, or by `node` and `peer`. */
export const intermittentLossSeries = "nodeping:drizzle:increase";

/** Loss bursts of two nodes, one way, that no alert explains. */
export const unexplainedBurstsSeries = "nodepair:nodeping_unexplained_bursts:increase";

const steps = {
  row: "source:nodeping_drizzle:increase",
  column: "destination:nodeping_drizzle:increase",
  link: "nodepair:nodeping_drizzle:increase",
} as const;

const nodesOfPair = "source_node, destination_node";

/** The rules, to be evaluated after the measurements. */
export function lossBurstRules(thresholds: Thresholds): RuleGroup["rules"] {
  const bursts = unexplainedBurstsSeries;
  return [
    { record: bursts, expr: unexplained(thresholds) },
    { record: steps.row, expr: ofMostPeers("source_node", recorded.rowPeers, bursts) },
    { record: steps.column, expr: ofMostPeers("destination_node", recorded.columnPeers, bursts) },
    {
      record: steps.link,
      expr:
        `max by (${clusterLabel}, ${nodesOfPair}) (${bursts} unless on (${clusterLabel}, source_node) ${steps.row} ` +
        `unless on (${clusterLabel}, destination_node) ${steps.column})`,
    },
    {
      record: intermittentLossSeries,
      expr: `max by (${clusterLabel}, node) (${rename(steps.row, "source_node", "node")} ` +
        `or ${rename(steps.column, "destination_node", "node")}) or ${intermittentLinks()}`,
    },
  ];
}

/** What an alert named stays explained so long after it has resolved, or as long as bursts count. */
const explainedFor = "15m";

function unexplained({ lossBursts, burstWindow }: Thresholds): string {
  const lately = (series: string, by: string) =>
    `max by (${by}) (max_over_time(${series}[${explainedFor}]) ` +
    `or max_over_time(${series}[${burstWindow}]))`;
  const fired = (keys: readonly AlertKey[], by: string, matcher = "") => {
    const names = keys.map(alertName).join("|");
    return lately(`ALERTS{alertstate="firing", alertname=~"${names}"${matcher}}`, by);
  };
  const nodes = fired(
    ["nodeUnreachable", "nodeLossy", "sourceFaulty", "destinationNotAnswering"],
    `${clusterLabel}, node`,
  );
  const nodeAndPeer = `${clusterLabel}, node, peer`;
  // Where many are one alert, it names none of them.
  const manyLinks = `${lately(`${causeSeries}{kind="link"}`, nodeAndPeer)} ` +
    `and on (${clusterLabel}) ${fired(["linkLossy"], clusterLabel, ', peer=""')}`;
  const links = `(${fired(["linkLossy"], nodeAndPeer, ', peer!=""')} or ${manyLinks})`;
  const zones = fired(["zonePairLossy", "pathLossy"], `${clusterLabel}, zone, peer_zone`);
  const mesh = `(${lately(meshLossSeries, clusterLabel)} ` +
    `and on (${clusterLabel}) ${
      fired(["zonePairLossy"], clusterLabel, ', zone="", peer_zone=""')
    })`;
  const both = (vector: string, one: string, other: string, to: Side, from: Side, what: string) =>
    rename(rename(vector, one, `${to}_${what}`), other, `${from}_${what}`);
  return `${recorded.bursts} >= ${lossBursts} unless on (${clusterLabel}) ${mesh} ` +
    sides.map((side) => {
      const other = side === "source" ? "destination" : "source";
      return `unless on (${clusterLabel}, ${side}_node) ${rename(nodes, "node", `${side}_node`)} ` +
        `unless on (${clusterLabel}, ${nodesOfPair}) ${
          both(links, "node", "peer", side, other, "node")
        } ` +
        `unless on (${clusterLabel}, source_zone, destination_zone) ` +
        `${both(zones, "zone", "peer_zone", side, other, "zone")} ` +
        `unless on (${clusterLabel}, ${side}_node) ${
          rename(`(${recorded.cordoned} > 0.5)`, "node", `${side}_node`)
        } unless on (${clusterLabel}, ${side}_node) ${
          rename(recorded.stale, "node", `${side}_node`)
        }`;
    }).join(" ");
}

const sides = ["source", "destination"] as const;
type Side = typeof sides[number];

function ofMostPeers(name: string, peersByZone: string, bursts: string): string {
  const peers = `sum by (${clusterLabel}, ${name}) (${peersByZone})`;
  return `max by (${clusterLabel}, ${name}) (${bursts}) and on (${clusterLabel}, ${name}) ` +
    `(count by (${clusterLabel}, ${name}) (${bursts}) / ${peers} > 0.5) and on (${clusterLabel}, ${name}) (${peers} >= 2)`;
}

function intermittentLinks(): string {
  // The larger of both ways, said both ways round; then the second is dropped.
  const wayBack = exchange(steps.link, "source_node", "destination_node");
  const both = `max by (${clusterLabel}, ${nodesOfPair}) (${steps.link} or ${wayBack})`;
  const second = secondOfTwo(
    steps.link,
    nodesOfPair,
    "source_node",
    "destination_node",
    agentsOrder,
  );
  const link =
    `(${both} and on (${clusterLabel}, ${nodesOfPair}) ${steps.link} unless on (${clusterLabel}, ${nodesOfPair}) ${second})`;
  return `max by (${clusterLabel}, node, peer) (${
    rename(rename(link, "source_node", "node"), "destination_node", "peer")
  })`;
}
