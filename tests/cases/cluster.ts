/**
 * Clusters as data: who probes whom, who loses how much. The cases of diagnose and of the alert
 * rules are written in it.
 *
 * @module
 */

import type { Mesh, MeshNode, PairMeasurement } from "../../src/mesh/mesh.ts";
import { chooseNodes } from "../../src/targets/destination.ts";

/** Probes of a pair in every case: five minutes at two a second. */
export const probesPerPair = 600;

/** A node of a case: each address is probed by every other node. */
export interface CaseNode extends MeshNode {
  readonly addresses: readonly string[];
}

/** Part of the probes that are lost, where source, destination and address match. */
export interface Loss {
  /** Source nodes; every node when left out. */
  readonly from?: readonly string[];
  /** Destination nodes; every node when left out. */
  readonly to?: readonly string[];
  /** Only addresses of this family; every address when left out. */
  readonly family?: 4 | 6;
  /** 0 to 1. */
  readonly loss: number;
}

/** A cluster and its losses. Losses on one pair compound: what survives is multiplied. */
export interface CaseCluster {
  readonly nodes: readonly CaseNode[];
  readonly losses: readonly Loss[];
  /** Nodes whose agents do not report. */
  readonly silent: readonly string[];
  /** Nodes that the cluster does not have any more, though the list does. */
  readonly stale?: readonly string[];
  /** How many others each node probes, chosen as agents choose; all when left out. */
  readonly meshDegree?: number;
}

/** Nodes node-001, node-002 ...; with `zones`, spread over them in turn. */
export function caseNodes(count: number, zones: readonly string[] = []): readonly CaseNode[] {
  return Array.from({ length: count }, (_, index) => {
    const zone = zones[index % Math.max(1, zones.length)];
    return {
      name: nodeName(index + 1),
      addresses: [`10.0.${Math.floor(index / 250)}.${(index % 250) + 1}`],
      ...(zone === undefined ? {} : { zone }),
    };
  });
}

/** node-001 for 1. */
export function nodeName(number: number): string {
  return `node-${String(number).padStart(3, "0")}`;
}

/** The same nodes, each with an IPv6 address beside. */
export function dualStack(nodes: readonly CaseNode[]): readonly CaseNode[] {
  return nodes.map((node, index) => ({
    ...node,
    addresses: [...node.addresses, `fd00::${(index + 1).toString(16)}`],
  }));
}

/** The losses of a faulty node: its row and its column, since a probe is a round trip. */
export function nodeLoss(node: string, loss: number): readonly Loss[] {
  return [{ from: [node], loss }, { to: [node], loss }];
}

/** The losses of a faulty link: both pairs, whichever way the packets are lost. */
export function linkLoss(a: string, b: string, loss: number): readonly Loss[] {
  return [{ from: [a], to: [b], loss }, { from: [b], to: [a], loss }];
}

/** The losses between two groups of nodes, both ways; inside one group when they are the same. */
export function betweenLoss(
  these: readonly string[],
  those: readonly string[],
  loss: number,
): readonly Loss[] {
  const there = { from: these, to: those, loss };
  return these === those ? [there] : [there, { from: those, to: these, loss }];
}

/** Names of the nodes in a zone. */
export function namesIn(nodes: readonly CaseNode[], zone: string): readonly string[] {
  return nodes.filter((node) => node.zone === zone).map((node) => node.name);
}

/** The mesh that the agents of the cluster measure: {@linkcode probesPerPair} probes a pair. */
export function caseMesh(cluster: CaseCluster): Mesh {
  const pairs: PairMeasurement[] = [];
  for (const source of cluster.nodes) {
    if (cluster.silent.includes(source.name)) continue;
    const chosen = chooseNodes(cluster.nodes, source.name, cluster.meshDegree ?? "full");
    for (const destination of cluster.nodes) {
      if (!chosen.has(destination.name)) continue;
      for (const address of destination.addresses) {
        const lost = lostProbes(cluster.losses, source.name, destination.name, address);
        const received = probesPerPair - lost;
        pairs.push({
          source: source.name,
          destination: destination.name,
          address,
          sent: probesPerPair,
          received,
          rttSumSeconds: received * 0.0005,
        });
      }
    }
  }
  return {
    nodes: cluster.nodes.map(({ addresses: _, ...node }) => node),
    sources: cluster.nodes.map(({ name, zone }) => ({
      name,
      ...(zone === undefined ? {} : { zone }),
      silent: cluster.silent.includes(name),
    })),
    pairs,
    externals: [],
    ...(cluster.stale === undefined ? {} : { stale: cluster.stale }),
  };
}

function lostProbes(
  losses: readonly Loss[],
  source: string,
  destination: string,
  address: string,
): number {
  const family = address.includes(":") ? 6 : 4;
  let survives = 1;
  for (const { from, to, family: only, loss } of losses) {
    if (from && !from.includes(source) || to && !to.includes(destination)) continue;
    if (only === undefined || only === family) survives *= 1 - loss;
  }
  return Math.round(probesPerPair * (1 - survives));
}
