/**
 * The drizzle: loss too short for the causes, which look at averages. Bursts to or from most peers
 * of a node are that node's; the others are a link's.
 *
 * @module
 */

import { exchange, rename } from "../promql.ts";
import { agentsOrder, secondOfTwo } from "./causes.ts";
import { recorded } from "./measurements.ts";
import type { RuleGroup } from "./rule.ts";
import type { Thresholds } from "./settings.ts";

/** Loss bursts by `node`, or by `node` and `peer`. */
export const drizzleSeries = "nodeping:drizzle:increase";

const steps = {
  row: "source:nodeping_drizzle:increase",
  column: "destination:nodeping_drizzle:increase",
  link: "nodepair:nodeping_drizzle:increase",
} as const;

const nodesOfPair = "source_node, destination_node";

/** The rules, to be evaluated after the measurements. */
export function lossBurstRules({ lossBursts }: Thresholds): RuleGroup["rules"] {
  const bursts = `(${recorded.bursts} >= ${lossBursts})`;
  return [
    { record: steps.row, expr: ofMostPeers("source_node", recorded.rowPeers, bursts) },
    { record: steps.column, expr: ofMostPeers("destination_node", recorded.columnPeers, bursts) },
    {
      record: steps.link,
      expr: `max by (${nodesOfPair}) (${bursts} unless on (source_node) ${steps.row} ` +
        `unless on (destination_node) ${steps.column})`,
    },
    {
      record: drizzleSeries,
      expr: `max by (node) (${rename(steps.row, "source_node", "node")} ` +
        `or ${rename(steps.column, "destination_node", "node")}) or ${linkDrizzle()}`,
    },
  ];
}

function ofMostPeers(name: string, peersByZone: string, bursts: string): string {
  const peers = `sum by (${name}) (${peersByZone})`;
  return `max by (${name}) (${bursts}) and on (${name}) ` +
    `(count by (${name}) (${bursts}) / ${peers} > 0.5) and on (${name}) (${peers} >= 2)`;
}

function linkDrizzle(): string {
  // The larger of both ways, said both ways round; then the second is dropped.
  const wayBack = exchange(steps.link, "source_node", "destination_node");
  const both = `max by (${nodesOfPair}) (${steps.link} or ${wayBack})`;
  const second = secondOfTwo(
    steps.link,
    nodesOfPair,
    "source_node",
    "destination_node",
    agentsOrder,
  );
  const link =
    `(${both} and on (${nodesOfPair}) ${steps.link} unless on (${nodesOfPair}) ${second})`;
  return `max by (node, peer) (${
    rename(rename(link, "source_node", "node"), "destination_node", "peer")
  })`;
}
