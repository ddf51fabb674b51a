/**
 * Which drawn faults any method could find. Not every fault can be: 1 % of 100 probes of one link
 * is what a healthy link of 0.2 % loses now and then, and of three nodes two bad links are one bad
 * node. Decided from the truth alone, without the method under test.
 *
 * A fault is judged by the best test there is (Neyman and Pearson's: the likelihood ratio, told
 * everything but whether the fault is there). It must find the fault in 98 of 100 draws while it
 * accuses a healthy mesh once in a thousand, all candidates of the kind together.
 *
 * @module
 */

import type { VerdictKind } from "../../src/diagnosis/report.ts";
import { lossOf, passes } from "./simulator.ts";
import type { DrawnCluster, DrawnPair, DrawnPath, Fault } from "./simulator.ts";

/** What can be asked of a method: name it; no more than to name nothing else; nothing. */
export type Visibility = "visible" | "faint" | "ambiguous";

const falseAlarmNats = Math.log(1000);
/** Standard deviations that leave 2 of 100 below. */
const deviations = 2;
/** A pair that a rival explanation must let be an exception costs it no more than this. */
const exceptionNats = 4;

/** Judges the faults of the cluster: the worst of them decides. */
export function visibilityOf(cluster: DrawnCluster): Visibility {
  const { faults } = cluster;
  const besidePath = faults.filter(({ path, kind }) => path || kind === "zone-pair");
  if (faults.some(({ path }) => path) && besidePath.length > 1) return "ambiguous";
  const rest = (fault: Fault) => faults.filter((other) => other !== fault);
  const isFaint = (fault: Fault) =>
    evidence(cluster, rest(fault)) < falseAlarmNats + Math.log(candidates(cluster, fault.kind));
  if (faults.some((fault) => fault.path && !isPathClear(cluster, fault.path))) return "ambiguous";
  if (faults.some((fault) => fault.kind === "zone-pair" && reachesAll(cluster, fault))) {
    return "ambiguous";
  }
  if (faults.some((fault) => hasRival(cluster, fault, rest(fault)))) return "ambiguous";
  if (faults.some((fault) => mayBeOnPath(cluster, fault, rest(fault)))) return "ambiguous";
  if (!isEvenClear(cluster)) return "ambiguous";
  if (faults.length > 1 && (hasMerger(cluster) || haveOneNode(faults))) return "ambiguous";
  return faults.some(isFaint) ? "faint" : "visible";
}

/** A loss within the only zone, or between the only two of one node each, is the whole mesh's. */
function reachesAll({ pairs }: DrawnCluster, fault: Fault): boolean {
  return pairs.every(({ source, destination }) => passes(fault, source, destination) > 0);
}

/**
 * Two faults of one node's probes are the same as two others: a source that loses 50 % and a
 * destination that loses 5 % on one node are a node that loses 5 % and a source that loses 47 %.
 */
function haveOneNode(faults: readonly Fault[]): boolean {
  const nodes = faults.filter(({ kind }) => ["node", "source", "destination"].includes(kind))
    .map(({ who }) => who.join());
  return new Set(nodes).size < nodes.length;
}

/**
 * Few lossy links are links; nearly all pairs between two groups are a zone pair or nodes; lossy
 * links that do not hang together do not say which ends are on one side.
 */
function isPathClear({ pairs }: DrawnCluster, { groups, passes }: DrawnPath): boolean {
  const [one, other] = groups.map((group) => new Set(group)) as [Set<string>, Set<string>];
  const between = pairs.filter(({ source, destination }) =>
    one.has(source.name) && other.has(destination.name) ||
    other.has(source.name) && one.has(destination.name)
  );
  const lossy = between.filter(({ source, destination }) =>
    passes.has(`${source.name} ${destination.name}`)
  );
  const links = new Set(
    lossy.map(({ source, destination }) => [source.name, destination.name].sort().join(" ")),
  );
  const ends = new Set([...links].flatMap((link) => link.split(" ")));
  const sides = [one, other].map((side) => [...side].filter((name) => ends.has(name)).length);
  const share = lossy.length / between.length;
  return links.size >= 8 && Math.min(...sides) >= 3 && share >= 0.12 && share <= 0.82 &&
    hangTogether(links, ends);
}

/**
 * Nodes that what was measured puts on a side of the path: those whose pairs on it show enough in all
 * but 2 of 100 draws. The others may stand in either group or in none.
 */
export function evidentMembers(cluster: DrawnCluster, fault: Fault): ReadonlySet<string> {
  const rest = cluster.faults.filter((other) => other !== fault);
  // In a fault of its own the path's losses may hide.
  const hidden = new Set(rest.flatMap(({ who }) => who));
  const found = (fault.path?.groups ?? []).flat().filter((name) => {
    if (hidden.has(name)) return false;
    const pairs = cluster.pairs.filter(({ source, destination }) =>
      source.name === name || destination.name === name
    );
    return evidence({ ...cluster, pairs }, rest) >= falseAlarmNats;
  });
  return new Set(found);
}

function hangTogether(links: ReadonlySet<string>, ends: ReadonlySet<string>): boolean {
  const [first = ""] = ends;
  const reached = new Set([first]);
  for (let before = 0; before < reached.size;) {
    before = reached.size;
    for (const link of links) {
      const [one = "", other = ""] = link.split(" ");
      if (reached.has(one) || reached.has(other)) reached.add(one).add(other);
    }
  }
  return reached.size === ends.size;
}

/** A lossy link between the groups of a path may be one more that takes it, or takes it twice. */
function mayBeOnPath(cluster: DrawnCluster, fault: Fault, rest: readonly Fault[]): boolean {
  if (fault.kind !== "link") return false;
  return rest.some((other) => {
    if (other.path === undefined) return false;
    const groups = other.path.groups.map((group) =>
      fault.who.filter((name) => group.includes(name))
    );
    if (groups.some((ends) => ends.length !== 1)) return false;
    return [1, 2].some((times) => {
      const passes = new Map(other.path?.passes);
      const [one = "", two = ""] = fault.who;
      for (const pair of [`${one} ${two}`, `${two} ${one}`]) passes.set(pair, times);
      const path = { groups: other.path?.groups ?? [[], []], passes } as const;
      const instead = rest.map((one) => one === other ? { ...one, path } : one);
      return evidence(cluster, instead, exceptionNats) < falseAlarmNats;
    });
  });
}

/** What is lost across zones is everybody's if two zone pairs at least show it that have no fault of their own. */
function isEvenClear({ pairs, faults, expected }: DrawnCluster): boolean {
  const level = expected.find((fault) => !faults.includes(fault))?.loss ?? 0;
  if (!pairs.some(({ maxNoise }) => maxNoise < level)) return true;
  const atFault = faults.filter(({ kind }) => kind === "zone-pair").map(({ who }) => who.join());
  const healthy = pairs.filter(({ maxNoise }) => maxNoise > level)
    .map(({ source, destination }) => [source.zone, destination.zone].sort().join())
    .filter((zones) => !atFault.includes(zones));
  return new Set(healthy).size > 1;
}

/** Nats for the truth against the given faults, in all but 2 of 100 draws. */
function evidence(
  cluster: DrawnCluster,
  faults: readonly Fault[],
  mostPerPair = Infinity,
): number {
  let mean = 0;
  let variance = 0;
  const changed = [
    ...cluster.faults.filter((fault) => !faults.includes(fault)),
    ...faults.filter((fault) => !cluster.faults.includes(fault)),
  ];
  for (const pair of cluster.pairs) {
    if (!changed.some((fault) => passes(fault, pair.source, pair.destination) > 0)) continue;
    const p = lossOf(pair, cluster.faults);
    const q = nearestHealthy(pair, faults, p);
    if (Math.abs(p - q) < 0.003) continue;
    const own = pair.noiseSpread > 0 ? normalNats(pair, p, q) : binomialNats(pair, p, q);
    if (p < q && own.mean > mostPerPair) {
      mean += mostPerPair;
      continue;
    }
    mean += own.mean;
    variance += own.variance;
  }
  return mean - deviations * Math.sqrt(variance);
}

/** What the pair might lose without more than the given faults that is nearest to its loss. */
function nearestHealthy(pair: DrawnPair, faults: readonly Fault[], loss: number): number {
  const low = lossOf(pair, faults);
  const high = lossOf(pair, faults, Math.max(pair.noise, pair.maxNoise));
  return Math.min(1 - 1e-6, high, Math.max(low, loss));
}

/** Of the log of the likelihood ratio between losses p, which is true, and q. */
interface Nats {
  readonly mean: number;
  readonly variance: number;
}

function binomialNats({ sent }: DrawnPair, p: number, q: number): Nats {
  const ratio = (p > 0 ? p * Math.log(p / q) : 0) +
    (p < 1 ? (1 - p) * Math.log((1 - p) / (1 - q)) : 0);
  return {
    mean: sent * ratio,
    variance: p < 1 ? sent * p * (1 - p) * Math.log(p * (1 - q) / (q * (1 - p))) ** 2 : 0,
  };
}

/** The same where each healthy pair has a loss of its own. */
function normalNats({ sent, noiseSpread }: DrawnPair, p: number, q: number): Nats {
  const ratio = (p - q) ** 2 / (q * (1 - q) / sent + noiseSpread ** 2);
  return { mean: ratio / 2, variance: ratio };
}

/** Whether another fault in this one's place would look the same. */
function hasRival(cluster: DrawnCluster, fault: Fault, rest: readonly Fault[]): boolean {
  return rivals(cluster, [fault]).some((rival) =>
    bestEvidence(cluster, rival, fault.loss, rest) < falseAlarmNats
  );
}

/** Whether one fault in place of both would look the same. */
function hasMerger(cluster: DrawnCluster): boolean {
  const losses = cluster.faults.map((fault) => fault.loss);
  return rivals(cluster, cluster.faults).some((rival) =>
    losses.some((loss) => bestEvidence(cluster, rival, loss, []) < 2 * falseAlarmNats)
  );
}

function bestEvidence(
  cluster: DrawnCluster,
  rival: Rival,
  loss: number,
  rest: readonly Fault[],
): number {
  const reached = cluster.pairs.filter((pair) =>
    passes({ ...rival, loss }, pair.source, pair.destination) > 0
  );
  if (reached.length === 0) return Infinity;
  const mean = reached.reduce((sum, pair) => sum + lossOf(pair, cluster.faults), 0) /
    reached.length;
  return Math.min(
    ...[loss, mean, (loss + mean) / 2].map((at) =>
      evidence(cluster, [...rest, { ...rival, loss: at }], exceptionNats)
    ),
  );
}

/** What might be to blame; all nodes together are the whole mesh. */
type Rival = Pick<Fault, "kind" | "who">;

/** Other candidates that touch the same nodes and zones. */
function rivals(cluster: DrawnCluster, faults: readonly Fault[]): Rival[] {
  const nodes = cluster.nodes.filter((node) =>
    cluster.nodes.length <= 12 || faults.some(({ who }) => who.includes(node.name)) ||
    faults.some((fault) => fault.kind === "zone-pair" && fault.who.includes(node.zone ?? ""))
  ).slice(0, 24);
  const zones = [...new Set(cluster.nodes.flatMap((node) => node.zone ?? []))].sort();
  const found: Rival[] = [{ kind: "node", who: cluster.nodes.map(({ name }) => name) }];
  nodes.forEach(({ name }, index) => {
    for (const kind of ["node", "source", "destination"] as const) {
      found.push({ kind, who: [name] });
    }
    if (cluster.nodes.length > 12) return;
    for (const other of nodes.slice(index + 1)) {
      found.push({ kind: "link", who: [name, other.name] });
    }
  });
  zones.forEach((zone, index) => {
    for (const other of zones.slice(index)) found.push({ kind: "zone-pair", who: [zone, other] });
  });
  const bothWays = faults.filter(({ oneWay }) => oneWay)
    .map(({ who }) => ({ kind: "link" as const, who }));
  return [
    ...found.filter((rival) =>
      !faults.some(({ kind, who }) => kind === rival.kind && who.join() === rival.who.join())
    ),
    ...bothWays,
  ];
}

function candidates({ nodes, pairs }: DrawnCluster, kind: VerdictKind): number {
  if (kind === "path") return 3 ** nodes.length;
  if (kind === "link") return Math.max(1, pairs.length / 2);
  if (kind !== "zone-pair") return nodes.length;
  const zones = new Set(nodes.map((node) => node.zone)).size;
  return zones * (zones + 1) / 2;
}
