/** Draws clusters with known faults, and what their agents would measure. @module */

import type { VerdictKind } from "../../src/diagnosis/report.ts";
import type { Mesh, MeshNode, PairMeasurement } from "../../src/mesh/mesh.ts";
import type { Random } from "./random.ts";

/** A drawn fault: what a right verdict must say. */
export interface Fault {
  readonly kind: VerdictKind;
  /** Names of nodes, or of zones, sorted; of a path those of both groups; several of a node are the mesh. */
  readonly who: readonly string[];
  /** Part of the round trips within its reach that it loses; of a path, of the packets on it. */
  readonly loss: number;
  /** Of a link: only the first of `who` loses, in its probes of the second, or the other way round. */
  readonly oneWay?: readonly [source: string, destination: string];
  /** Of a path. */
  readonly path?: DrawnPath;
}

/** A path that is one of several between two groups. */
export interface DrawnPath {
  readonly groups: readonly [readonly string[], readonly string[]];
  /** By "source destination": how often a round trip takes it, 1 or 2. */
  readonly passes: ReadonlyMap<string, number>;
}

/** What healthy pairs lose. */
export interface Background {
  /** Part of the probes that pairs lose inside one zone and across zones, 0 to 1. */
  readonly inside: number;
  readonly across: number;
  /** Each pair has a level of its own: so much less or more, as a part; a quiet mesh anything less. */
  readonly spread: number;
}

/** A pair that is probed, and what it loses in health. */
export interface DrawnPair {
  readonly source: MeshNode;
  readonly destination: MeshNode;
  readonly sent: number;
  readonly noise: number;
  /** The most that healthy pairs of its class could all lose, as far as a method can know. */
  readonly maxNoise: number;
  /** Standard deviation of what the pairs of its class lose in health, where that is an even loss. */
  readonly noiseSpread: number;
}

/** A drawn cluster. */
export interface DrawnCluster {
  readonly nodes: readonly MeshNode[];
  readonly silent: ReadonlySet<string>;
  /** Nodes that have left the cluster, and that agents with old lists still probe. */
  readonly stale: ReadonlySet<string>;
  readonly pairs: readonly DrawnPair[];
  /** Probes of nodes that are gone: all lost. */
  readonly stalePairs: readonly DrawnPair[];
  readonly faults: readonly Fault[];
  /** What must be named: the faults, and an even loss as a verdict of all nodes. */
  readonly expected: readonly Fault[];
}

/** An even loss from here on is a verdict for the mesh. */
const evenLossFault = 0.01;

/** A quiet mesh loses up to this. */
export const quietNoise = 0.002;

/** How often the fault takes the probes from one node to another: 0, 1, or 2. */
export function passes(fault: Fault, source: MeshNode, destination: MeshNode): number {
  const { kind, who, oneWay, path } = fault;
  const [one, other] = who;
  switch (kind) {
    case "node":
      if (who.length > 1) return 1;
      return source.name === one || destination.name === one ? 1 : 0;
    case "source":
      return source.name === one ? 1 : 0;
    case "destination":
      return destination.name === one ? 1 : 0;
    case "link":
      if (oneWay) return source.name === oneWay[0] && destination.name === oneWay[1] ? 1 : 0;
      return source.name === one && destination.name === other ||
          source.name === other && destination.name === one
        ? 1
        : 0;
    case "zone-pair":
      return source.zone === one && destination.zone === other ||
          source.zone === other && destination.zone === one
        ? 1
        : 0;
    case "path":
      return path?.passes.get(`${source.name} ${destination.name}`) ?? 0;
  }
}

/** What a pair loses under the faults, 0 to 1. */
export function lossOf(pair: DrawnPair, faults: readonly Fault[], noise = pair.noise): number {
  let survives = 1 - noise;
  for (const fault of faults) {
    survives *= (1 - fault.loss) ** passes(fault, pair.source, pair.destination);
  }
  return 1 - survives;
}

/** What to draw. */
export interface Draw {
  readonly size: number;
  /** How many others each source probes. */
  readonly degree: number | "full";
  readonly kinds: readonly VerdictKind[];
  /** A quiet mesh where it is left out. */
  readonly background?: Background;
}

/** Draws a cluster. */
export function drawCluster(
  random: Random,
  { size, degree, kinds, background = drawQuiet(random) }: Draw,
): DrawnCluster {
  const differs = background.inside !== background.across;
  const zones = zoneNames(random, size, kinds.includes("zone-pair"), differs);
  const nodes = Array.from({ length: size }, (_, index): MeshNode => {
    const name = `n${String(index).padStart(4, "0")}`;
    if (zones.length === 0) return { name };
    return { name, zone: differs ? zones[index % zones.length] ?? "" : random.pick(zones) };
  });
  const faults = kinds.map((kind) => drawFault(random, kind, nodes));
  const silent = drawSilent(random, nodes, faults);
  const stale = drawStale(random, nodes, faults);
  for (const name of stale) silent.add(name);
  const sent = Math.round(random.logUniform(100, 10_000));
  const missing = random.chance(0.3) ? 0.02 : 0;
  const pairs = nodes.flatMap((source) => {
    if (silent.has(source.name)) return [];
    const others = nodes.filter((node) => node !== source);
    const probed = degree === "full" || degree >= others.length
      ? others
      : random.sample(others, degree);
    const hasOldList = random.chance(0.5);
    return probed.filter(({ name }) => !random.chance(missing) && (hasOldList || !stale.has(name)))
      .map((destination) => ({
        source,
        destination,
        sent: Math.round(sent * random.uniform(0.97, 1)),
        ...drawNoise(random, background, source.zone !== destination.zone),
      }));
  });
  const level = Math.max(background.inside, background.across);
  const isEven = level >= evenLossFault;
  const everybody = nodes.filter(({ name }) => !stale.has(name)).map(({ name }) => name);
  return {
    ...{ nodes, silent, stale, faults },
    pairs: pairs.filter(({ destination }) => !stale.has(destination.name)),
    stalePairs: pairs.filter(({ destination }) => stale.has(destination.name)),
    expected: [
      ...faults,
      ...(isEven ? [{ kind: "node" as const, who: everybody, loss: level }] : []),
    ],
  };
}

function drawQuiet(random: Random): Background {
  const level = random.uniform(0, quietNoise);
  return { inside: level, across: level, spread: random.chance(0.5) ? 1 : 0 };
}

function drawNoise(
  random: Random,
  { inside, across, spread }: Background,
  isAcross: boolean,
): Pick<DrawnPair, "noise" | "maxNoise" | "noiseSpread"> {
  const level = isAcross ? across : inside;
  if (level <= quietNoise) {
    const noise = level * random.uniform(1 - Math.min(1, spread), 1);
    return { noise, maxNoise: quietNoise, noiseSpread: 0 };
  }
  return {
    noise: level * random.uniform(1 - spread, 1 + spread),
    maxNoise: level * 1.3,
    // Of a uniform distribution.
    noiseSpread: level * spread / Math.sqrt(3),
  };
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
  const stale = cluster.stalePairs.map(({ source, destination, sent }): PairMeasurement => ({
    source: source.name,
    destination: destination.name,
    address: destination.name,
    ...{ sent, received: 0 },
  }));
  return {
    ...{ nodes: cluster.nodes, sources, pairs: [...pairs, ...stale], externals: [] },
    stale: [...cluster.stale],
  };
}

function unevenly(random: Random): (fault: Fault) => Fault {
  return (fault) => {
    const spared = fault.kind !== "link" && fault.kind !== "path" && random.chance(0.1);
    return { ...fault, loss: spared ? 0 : Math.min(1, fault.loss * random.uniform(0.7, 1.3)) };
  };
}

function zoneNames(random: Random, size: number, needed: boolean, several: boolean): string[] {
  if (several) return Array.from({ length: 3 }, (_, index) => `zone-${"abc"[index]}`);
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
  if (kind === "path") return drawPathFault(random, nodes);
  if (kind !== "link") return { kind, who: [random.pick(nodes).name], loss: part };
  const who = random.sample(nodes, 2).map((node) => node.name).sort();
  if (random.chance(0.25)) {
    const [source = "", destination = ""] = random.chance(0.5) ? who : who.toReversed();
    return { kind, who, loss: part, oneWay: [source, destination] };
  }
  // Lost one way or both ways: the round trip survives each way in turn.
  return { kind, who, loss: random.chance(0.5) ? part : 1 - (1 - part) ** 2 };
}

/**
 * One of two to four equal paths. Pairs keep their path by a hash: of the two addresses, the same
 * both ways or not, or of each flow, so that A's probes of B and B's of A take different paths.
 */
function drawPathFault(random: Random, nodes: readonly MeshNode[]): Fault {
  const groups = drawGroups(random, nodes);
  const paths = random.pick([2, 3, 4]);
  const hash = random.pick(["same both ways", "of each direction", "of each flow"]);
  const isBad = () => random.chance(1 / paths) ? 1 : 0;
  const found = new Map<string, number>();
  for (const one of groups[0]) {
    for (const other of groups[1]) {
      const there = isBad();
      const back = hash === "same both ways" ? 0 : isBad();
      const forward = there + back;
      const backward = hash === "of each flow" ? isBad() + isBad() : forward;
      if (forward > 0) found.set(`${one} ${other}`, forward);
      if (backward > 0) found.set(`${other} ${one}`, backward);
    }
  }
  const loss = random.chance(0.4) ? 1 : random.pick([0.05, 0.1, 0.2, 0.4, 0.6]);
  return { kind: "path", who: groups.flat().sort(), loss, path: { groups, passes: found } };
}

/** Two zones in full, or any two groups of unequal size, not all nodes in one of them. */
function drawGroups(random: Random, nodes: readonly MeshNode[]): DrawnPath["groups"] {
  const zones = [...new Set(nodes.flatMap(({ zone }) => zone ?? []))];
  if (zones.length > 1 && random.chance(0.5)) {
    const [one, other] = random.sample(zones, 2);
    const namesIn = (zone: string | undefined) =>
      nodes.filter((node) => node.zone === zone).map(({ name }) => name);
    return [namesIn(one), namesIn(other)];
  }
  const names = random.sample(nodes, nodes.length).map(({ name }) => name);
  const used = random.chance(0.3) ? Math.ceil(names.length * 0.7) : names.length;
  const first = Math.max(1, Math.round(used * random.uniform(0.2, 0.5)));
  return [names.slice(0, first).sort(), names.slice(first, used).sort()];
}

/** A node that is gone, at times: it answers nobody, and the Node objects do not have it. */
function drawStale(
  random: Random,
  nodes: readonly MeshNode[],
  faults: readonly Fault[],
): Set<string> {
  const free = nodes.filter(({ name }) => !faults.some(({ who }) => who.includes(name)));
  if (nodes.length < 5 || free.length === 0 || !random.chance(0.1)) return new Set();
  return new Set([random.pick(free).name]);
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
