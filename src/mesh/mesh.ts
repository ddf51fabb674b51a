/** The mesh as measured: what every reader (agents, Prometheus, textfiles) gives and what matrix and diagnose
 * take, joined from the reports of all agents. Plain data. @module */

import type { DestinationTotals, MeasuredPathMtu, SourceReport } from "./source_report.ts";

/** A node that somebody probes, or whose agent probes. */
export interface MeshNode {
  /** Unique in the mesh. */
  readonly name: string;
  /** Failure zone, where known. */
  readonly zone?: string;
  /** True when the node is cordoned: it is judged like the others, but marked. */
  readonly cordoned?: boolean;
}

/** A node whose agent should report. */
export interface MeshSource {
  /** Node the agent runs on. */
  readonly name: string;
  /** Failure zone, where known. */
  readonly zone?: string;
  /** True when the agent did not answer or has stopped: its row is missing, which is not loss. */
  readonly silent: boolean;
  /** Why it is silent, for people. */
  readonly reason?: string;
}

/** What one source measured of one address of one destination, over one window of time. */
export interface PairMeasurement {
  /** Node that probes. */
  readonly source: string;
  /** Node that is probed, or name of the external target. */
  readonly destination: string;
  /** IP address, or host name, as probed. */
  readonly address: string;
  /** Probes whose outcome is known. */
  readonly sent: number;
  /** Of those, answered in time. */
  readonly received: number;
  /** Sum of the round-trip times of the received, in seconds, where the reader has it. */
  readonly rttSumSeconds?: number;
  /** What its source knows of its path MTU, where that is measured. */
  readonly pathMtu?: MeasuredPathMtu;
}

/** All measurements of one window of time. */
export interface Mesh {
  /** Every node that is a source or a destination, each once. */
  readonly nodes: readonly MeshNode[];
  /** Every node that should measure, each once. */
  readonly sources: readonly MeshSource[];
  /** Between nodes; at most one per source, destination and address. A pair may be missing. */
  readonly pairs: readonly PairMeasurement[];
  /** Of external destinations: shown, never judged. */
  readonly externals: readonly PairMeasurement[];
  /** Nodes of the list that the cluster no longer has; absent where nobody could say. */
  readonly stale?: readonly string[];
}

/** What a reader found. */
export interface MeshReading {
  /** Holds all that could be read. */
  readonly mesh: Mesh;
  /** What could not be read, for people; the rest is in the mesh. */
  readonly problems: readonly string[];
}

/** A node whose report is missing, and why. */
export interface MissingReport {
  /** Node without a report. */
  readonly source: string;
  /** For people, such as "its agent did not answer". */
  readonly reason: string;
}

/** A report older than the others by more than this is that of an agent that has stopped. */
const staleSeconds = 60;
/** At most so many agents with one problem are named. */
const namedAgents = 20;

/**
 * Builds the mesh. Every node that anybody probes should report: those that do not are silent, like
 * those that have stopped (their old totals would show a dead node as well) or cannot measure.
 * `noReport` is the reason of those that nobody gives a reason for.
 */
export function buildMesh(
  reports: readonly SourceReport[],
  missing: readonly MissingReport[],
  noReport: string,
): Mesh {
  const newest = newestSeconds(reports);
  const silent = new Map(missing.map(({ source, reason }) => [source, reason]));
  const nodes = new Map<string, MeshNode>();
  const addNode = (name: string, zone: string | undefined) => {
    if (nodes.get(name)?.zone === undefined) nodes.set(name, zone ? { name, zone } : { name });
  };
  const pairs: PairMeasurement[] = [];
  const externals: PairMeasurement[] = [];
  const reporting = new Set<string>();
  for (const report of reports) {
    addNode(report.source, report.zone);
    const reason = reasonWithoutData(report, newest);
    if (reason !== undefined) silent.set(report.source, reason);
    else reporting.add(report.source);
    for (const totals of report.totals) {
      if (totals.kind === "node") addNode(totals.destination, totals.zone);
      if (reason !== undefined) continue;
      (totals.kind === "node" ? pairs : externals).push(measurementOf(report.source, totals));
    }
  }
  for (const { source } of missing) addNode(source, undefined);
  for (const name of reports.flatMap((report) => report.cordoned)) {
    const node = nodes.get(name);
    if (node) nodes.set(name, { ...node, cordoned: true });
  }
  const sorted = [...nodes.values()].sort((one, other) => one.name < other.name ? -1 : 1);
  const sources = sorted.map(({ name, zone }): MeshSource => ({
    name,
    ...(zone === undefined ? {} : { zone }),
    ...(reporting.has(name)
      ? { silent: false }
      : { silent: true, reason: silent.get(name) ?? noReport }),
  }));
  return { nodes: sorted, sources, pairs, externals };
}

/**
 * The mesh, given which nodes the cluster has: nodes of the list that it does not have, and from which
 * no data come, are stale. Unless these names are at least half of the mesh's: else they are of
 * another cluster, or the list is one by hand with other names. One that nobody probes is in no list:
 * only its pod is left, which Kubernetes removes some time after its node, and it is left out.
 */
export function withNodeObjects(mesh: Mesh, names: Iterable<string>): Mesh {
  const known = new Set(names);
  const found = mesh.nodes.filter(({ name }) => known.has(name)).length;
  if (found === 0 || 2 * found < mesh.nodes.length) return mesh;
  const probed = new Set(mesh.pairs.map(({ destination }) => destination));
  const gone = mesh.sources.filter(({ name, silent }) => silent && !known.has(name))
    .map(({ name }) => name);
  const leftOut = new Set(gone.filter((name) => !probed.has(name)));
  const isThere = ({ name }: { readonly name: string }): boolean => !leftOut.has(name);
  return {
    ...mesh,
    nodes: mesh.nodes.filter(isThere),
    sources: mesh.sources.filter(isThere),
    stale: gone.filter((name) => probed.has(name)),
  };
}

/**
 * What agents say is wrong with themselves though they measure, a line each for people: that no list
 * has their node, so that nobody else would say a word; that they refused a list; that Prometheus
 * does not see them. An agent that has stopped does not count: its node may have left.
 */
export function agentProblems(reports: readonly SourceReport[]): readonly string[] {
  const newest = newestSeconds(reports);
  const problem = (
    what: string,
    concerns: (report: SourceReport) => boolean | undefined,
    next: string,
  ): string[] => {
    const names = reports
      .filter((report) => concerns(report) && ageOf(report, newest) <= staleSeconds)
      .map(({ source }) => `"${source}"`).sort();
    const more = names.length > namedAgents ? ` and ${names.length - namedAgents} more` : "";
    return names.length === 0
      ? []
      : [`${what}: ${names.slice(0, namedAgents).join(", ")}${more}: ${next}`];
  };
  return [
    ...problem(
      "Not in the node list, so that nobody probes them",
      ({ unlisted }) => unlisted,
      "run helm nodeping sync",
    ),
    ...problem(
      "Their newest node list was refused, and the one before counts if there is one",
      ({ refusedList }) => refusedList,
      "their logs name what is wrong in it, and helm nodeping sync puts the release's back",
    ),
    ...problem(
      "Cannot write their textfiles, so that node-exporter shows nothing new of them",
      ({ textfileFails }) => textfileFails,
      "see their logs",
    ),
  ];
}

/** When the newest reports were made; a quarter of the nodes may have clocks that are ahead. */
function newestSeconds(reports: readonly SourceReport[]): number {
  const written = reports.map((report) => report.writtenSeconds ?? 0).sort((a, b) => b - a);
  return written[written.length >> 2] ?? 0;
}

function ageOf({ writtenSeconds }: SourceReport, newest: number): number {
  return newest - (writtenSeconds ?? newest);
}

function reasonWithoutData(report: SourceReport, newest: number): string | undefined {
  if (report.refusedList && report.totals.length === 0) {
    return "its agent has no node list yet: see its log";
  }
  if (!report.measuring) {
    return "its agent cannot measure (no privileges, or a filter on its probes): see its log";
  }
  if (report.addresses === 0 && report.totals.length > 0) {
    return "its agent has no address to probe: no host name of its list resolves, see its log";
  }
  if (report.totals.length > 0 && report.totals.every((totals) => totals.sent === 0)) {
    return "its agent sent no probe in the time looked at";
  }
  const age = ageOf(report, newest);
  return age > staleSeconds
    ? `its last report is ${Math.round(age)} s older than those of the others`
    : undefined;
}

function measurementOf(source: string, totals: DestinationTotals): PairMeasurement {
  const { destination, address, sent, received, rttSumSeconds, pathMtu } = totals;
  return {
    source,
    destination,
    address,
    sent,
    received,
    ...(rttSumSeconds === undefined ? {} : { rttSumSeconds }),
    ...(pathMtu === undefined ? {} : { pathMtu }),
  };
}
