/** Joins the reports of all agents to one mesh. @module */

import type { Mesh, MeshNode, MeshSource, PairMeasurement } from "./mesh.ts";
import type { DestinationTotals, SourceReport } from "./source_report.ts";

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

/**
 * Builds the mesh. Every node that anybody probes should report: those that do not are silent, like
 * those that have stopped (their old totals would show a dead node as well) or cannot measure.
 */
export function buildMesh(
  reports: readonly SourceReport[],
  missing: readonly MissingReport[],
  noReport: string,
): Mesh {
  const newest = newestSeconds(reports);
  const silent = new Map(missing.map(({ source, reason }) => [source, reason]));
  const nodes = new Map<string, MeshNode>();
  const know = (name: string, zone: string | undefined) => {
    if (nodes.get(name)?.zone === undefined) nodes.set(name, zone ? { name, zone } : { name });
  };
  const pairs: PairMeasurement[] = [];
  const externals: PairMeasurement[] = [];
  const reporting = new Set<string>();
  for (const report of reports) {
    know(report.source, report.zone);
    const reason = silenceOf(report, newest);
    if (reason !== undefined) silent.set(report.source, reason);
    else reporting.add(report.source);
    for (const totals of report.totals) {
      if (totals.kind === "node") know(totals.destination, totals.zone);
      if (reason !== undefined) continue;
      (totals.kind === "node" ? pairs : externals).push(measurementOf(report.source, totals));
    }
  }
  for (const { source } of missing) know(source, undefined);
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
 * Nodes whose agents say that no list has them, in a line for people: nobody probes them, and so
 * nobody else would say a word. An agent that has stopped does not count: its node may have left.
 */
export function unlistedProblems(reports: readonly SourceReport[]): readonly string[] {
  const newest = newestSeconds(reports);
  const names = reports
    .filter((report) => report.unlisted && ageOf(report, newest) <= staleSeconds)
    .map(({ source }) => `"${source}"`);
  if (names.length === 0) return [];
  return [
    `Not in the node list, so that nobody probes them: ${names.sort().join(", ")}: ` +
    "run helm nodeping sync",
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

function silenceOf(report: SourceReport, newest: number): string | undefined {
  if (!report.measuring) {
    return "its agent cannot measure (no privileges, or a filter on its probes): see its log";
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
  const { destination, address, sent, received, rttSumSeconds } = totals;
  return {
    source,
    destination,
    address,
    sent,
    received,
    ...(rttSumSeconds === undefined ? {} : { rttSumSeconds }),
  };
}
