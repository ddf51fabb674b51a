/** Draws clusters with known faults, and what their agents would measure. @module */

import type { VerdictKind } from "../../src/diagnosis/report.ts";
import type { Mesh, MeshNode, PairMeasurement } from "../../src/mesh/mesh.ts";
import type { Random } from "./random.ts";

/** A drawn fault: what a right verdict must say. */
export interface Fault {
  readonly kind: VerdictKind;
  /** Names of nodes, or of zones, sorted. */
  readonly who: readonly string[];
  /** Part of the round trips within its reach that it loses. */
  readonly loss: number;
}

/** A pair that is probed, and what it loses in health. */
export interface DrawnPair {
  readonly source: MeshNode;
  readonly destination: MeshNode;
  readonly sent: number;
  readonly noise: number;
}

/** A drawn cluster. */
export interface DrawnCluster {
  readonly nodes: readonly MeshNode[];
  readonly silent: ReadonlySet<string>;
  readonly pairs: readonly DrawnPair[];
  readonly faults: readonly Fault[];
}

/** Whether the fault touches the probes from one node to another. */
export function reaches({ kind, who }: Fault, source: MeshNode, destination: MeshNode): boolean {
  const [one, other] = who;
  switch (kind) {
    case "node":
      return source.name === one || destination.name === one;
    case "source":
      return source.name === one;
    case "destination":
      return destination.name === one;
    case "link":
      return source.name === one && destination.name === other ||
        source.name === other && destination.name === one;
    case "zone-pair":
      return source.zone === one && destination.zone === other ||
        source.zone === other && destination.zone === one;
  }
}

/** What a pair loses under the faults, 0 to 1. */
export function lossOf(pair: DrawnPair, faults: readonly Fault[], noise = pair.noise): number {
  let survives = 1 - noise;
  for (const fault of faults) {
    if (reaches(fault, pair.source, pair.destination)) survives *= 1 - fault.loss;
  }
  return 1 - survives;
}

/** Draws a cluster of so many nodes; each source probes `degree` others, or all. */
export function drawCluster(
  random: Random,
  size: number,
  degree: number | "full",
  kinds: readonly VerdictKind[],
): DrawnCluster {
  const zones = zoneNames(random, size, kinds.includes("zone-pair"));
  const nodes = Array.from({ length: size }, (_, index): MeshNode => {
    const name = `n${String(index).padStart(4, "0")}`;
    return zones.length === 0 ? { name } : { name, zone: random.pick(zones) };
  });
  const faults = kinds.map((kind) => drawFault(random, kind, nodes));
  const silent = drawSilent(random, nodes, faults);
  const sent = Math.round(random.logUniform(100, 10_000));
  const noise = random.uniform(0, 0.002);
  const uneven = random.chance(0.5);
  const missing = random.chance(0.3) ? 0.02 : 0;
  const pairs = nodes.flatMap((source) => {
    if (silent.has(source.name)) return [];
    const others = nodes.filter((node) => node !== source);
    const probed = degree === "full" || degree >= others.length
      ? others
      : random.sample(others, degree);
    return probed.filter(() => !random.chance(missing)).map((destination) => ({
      source,
      destination,
      sent: Math.round(sent * random.uniform(0.97, 1)),
      noise: uneven ? random.uniform(0, noise) : noise,
    }));
  });
  return { nodes, silent, pairs, faults };
}

/** How alike the pairs of one fault are. */
export type Spread = "even" | "uneven";

/**
 * What the agents of the cluster would have counted. Uneven faults take from each pair up to a third
 * more or less than the fault's loss, and spare one pair in ten; a link has no pair to spare.
 */
export function measure(random: Random, cluster: DrawnCluster, spread: Spread = "even"): Mesh {
  const pairs = cluster.pairs.map((pair): PairMeasurement => ({
    source: pair.source.name,
    destination: pair.destination.name,
    address: pair.destination.name,
    sent: pair.sent,
    received: pair.sent - random.binomial(
      pair.sent,
      lossOf(pair, spread === "even" ? cluster.faults : cluster.faults.map(unevenly(random))),
    ),
  }));
  const sources = cluster.nodes.map(({ name }) => ({ name, silent: cluster.silent.has(name) }));
  return { nodes: cluster.nodes, sources, pairs, externals: [] };
}

function unevenly(random: Random): (fault: Fault) => Fault {
  return (fault) => {
    const spared = fault.kind !== "link" && random.chance(0.1);
    return { ...fault, loss: spared ? 0 : Math.min(1, fault.loss * random.uniform(0.7, 1.3)) };
  };
}

function zoneNames(random: Random, size: number, needed: boolean): string[] {
  if (!needed && random.chance(0.3)) return [];
  const count = 2 + random.below(Math.min(4, Math.max(1, Math.floor(size / 3))));
  return Array.from({ length: count }, (_, index) => `zone-${"abcdef"[index]}`);
}

function drawFault(random: Random, kind: VerdictKind, nodes: readonly MeshNode[]): Fault {
  const part = random.chance(0.25) ? 1 : random.logUniform(0.01, 1);
  if (kind === "zone-pair") {
    const one = random.pick(nodes).zone ?? "";
    const other = random.chance(0.25) ? one : random.pick(nodes).zone ?? "";
    return { kind, who: [one, other].sort(), loss: part };
  }
  if (kind !== "link") return { kind, who: [random.pick(nodes).name], loss: part };
  const who = random.sample(nodes, 2).map((node) => node.name).sort();
  // Lost one way or both ways: the round trip survives each way in turn.
  return { kind, who, loss: random.chance(0.5) ? part : 1 - (1 - part) ** 2 };
}

function drawSilent(
  random: Random,
  nodes: readonly MeshNode[],
  faults: readonly Fault[],
): Set<string> {
  const silent = new Set<string>();
  for (const { kind, who, loss } of faults) {
    if (kind === "node" && random.chance(loss === 1 ? 0.7 : 0.1)) silent.add(who[0] ?? "");
  }
  if (nodes.length > 4 && random.chance(0.2)) {
    for (const { name } of random.sample(nodes, 1 + random.below(Math.ceil(nodes.length / 10)))) {
      silent.add(name);
    }
  }
  return silent;
}
