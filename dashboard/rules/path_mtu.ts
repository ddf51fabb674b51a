/**
 * Path MTU black holes: of a node when most of its pairs agree, else of a pair, else of the mesh; and
 * nodes whose path MTU is smaller than usual although routers report it.
 *
 * @module
 */

import { clusterLabel, exchange, freshAgents, rename } from "../promql.ts";
import { agentsOrder, causeSeries, secondOfTwo } from "./causes.ts";
import type { RecordingRule, Thresholds } from "./rule.ts";
import { families } from "../../src/metrics/families.ts";
import { packetSizes } from "../../src/pairs/path_mtu_search.ts";

/** Names of the steps on the way to the causes. */
const mtuSeries = {
  /** 1 for two nodes between which full-size packets vanish, each way round; 0 where they pass. */
  pair: "nodepair:nodeping_path_mtu_black_hole:max",
  /** Share of the pairs of `node` that are black holes, where at least three are measured. */
  node: "node:nodeping_path_mtu_black_hole:ratio",
  /** The path MTU of `node` to most others, in bytes; not that of pairs where large ICMP is filtered. */
  usual: "node:nodeping_path_mtu_bytes:median",
} as const;

const nodesOfPair = "source_node, destination_node";
const { pathMtuBytes: bytes, pathMtuBlackHole: blackHole } = families;

/** So many pairs of a node must be measured before it is named for them. */
const minPairsOfNode = 3;

/** Pairs above this number are one alert. */
const manyPairs = 20;

/** The rules, to be evaluated after the order of the agents. */
export function pathMtuRules({ staleSeconds }: Thresholds): readonly RecordingRule[] {
  const fresh = `and on (${clusterLabel}, source_node) (${freshAgents(staleSeconds)})`;
  const measured =
    `max by (${clusterLabel}, ${nodesOfPair}) (${blackHole.name} and ${bytes.name}) ${fresh}`;
  const back = exchange(`(${measured})`, "source_node", "destination_node");
  const both = `label_replace(${measured}, "way", "there", "", "") ` +
    `or label_replace(${back}, "way", "back", "", "")`;
  const ofNode = `sum by (${clusterLabel}, source_node) (${mtuSeries.pair}) ` +
    `/ (count by (${clusterLabel}, source_node) (${mtuSeries.pair}) >= ${minPairsOfNode})`;
  return [
    { record: mtuSeries.pair, expr: `max by (${clusterLabel}, ${nodesOfPair}) (${both})` },
    { record: mtuSeries.node, expr: named(ofNode) },
    {
      record: mtuSeries.usual,
      expr: named(
        `quantile by (${clusterLabel}, source_node) (0.5, max by (${clusterLabel}, ${nodesOfPair}) ` +
          `(${bytes.name} >= ${packetSizes.minIpv4}) ${fresh})`,
      ),
    },
    // Small probes lose nothing by it.
    { record: causeSeries, expr: `0 * (${blackHoles()})`, labels: { kind: "mtu" } },
  ];
}

/** Nodes, pairs as `node` and `peer`, or one of all where these are many. */
function blackHoles(): string {
  const { pair, node } = mtuSeries;
  const nodes = `(${node} > 0.5)`;
  const mostNodes =
    `(count by (${clusterLabel}) (${nodes}) > 0.5 * count by (${clusterLabel}) (${node}) and count by (${clusterLabel}) (${nodes}) > 2)`;
  const second = secondOfTwo(
    `(${pair} == 1)`,
    nodesOfPair,
    "source_node",
    "destination_node",
    agentsOrder,
  );
  const left = `(${pair} == 1 unless on (${clusterLabel}, ${nodesOfPair}) ${second} ` +
    `unless on (${clusterLabel}, source_node) ${rename(nodes, "node", "source_node")} ` +
    `unless on (${clusterLabel}, destination_node) ${rename(nodes, "node", "destination_node")})`;
  const pairs = `max by (${clusterLabel}, node, peer) (${
    rename(rename(left, "source_node", "node"), "destination_node", "peer")
  })`;
  const tooMany = `(count by (${clusterLabel}) (${left}) > ${manyPairs})`;
  return `(${nodes} unless on (${clusterLabel}) ${mostNodes}) or (${pairs} unless on (${clusterLabel}) ${tooMany}) ` +
    `or ${mostNodes} or ${tooMany}`;
}

/** Nodes whose path MTU to most others is smaller than that of most nodes, without a black hole. */
export function smallPathMtus(): string {
  const { usual, node } = mtuSeries;
  return `${usual} < on (${clusterLabel}) group_left () quantile by (${clusterLabel}) (0.5, ${usual}) unless on (${clusterLabel}, node) (${node} > 0)`;
}

function named(vector: string): string {
  return `max by (${clusterLabel}, node) (${rename(`(${vector})`, "source_node", "node")})`;
}
