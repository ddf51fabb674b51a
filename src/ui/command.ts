/** `nodeping ui`. @module */

import { exitCode } from "../exit_code.ts";
import type { ExitCode } from "../exit_code.ts";
import type { ProgramDeps } from "../platform/process.ts";
import { durationFlag, integerFlag, switchFlag } from "../flag_values.ts";
import type { FlagTable } from "../flags.ts";
import { openAgents, originFlags, runMeshCommand } from "../mesh/command.ts";
import type { AgentsOrigin, MeshOrigin, OriginSettings } from "../mesh/command.ts";
import type { Mesh, MeshReading } from "../mesh/mesh.ts";
import type { DestinationTotals, SourceReport } from "../mesh/source_report.ts";
import { systemClock } from "../platform/clock.ts";
import { run } from "../platform/process.ts";
import { agentsReader, LiveMesh } from "./live_mesh.ts";
import type { LiveMeshDeps, LiveReader } from "./live_mesh.ts";
import { servePage } from "./server.ts";

/** Settings of the command. */
export interface UiSettings extends OriginSettings {
  /** Port on the loopback; undefined takes the usual one, or another where that is in use. */
  readonly port: number | undefined;
  /** Leaves it to the person to open the page. */
  readonly noOpen: boolean;
  /** Time from one reading to the next. */
  readonly intervalMs: number;
}

/** Every flag of the command. */
export const uiFlags: FlagTable<UiSettings> = {
  ...originFlags,
  windowMs: durationFlag({
    name: "window",
    default: "2m",
    help: "with --prometheus: the time that one reading covers",
  }, { minMs: 1000 }),
  port: integerFlag(
    {
      name: "port",
      help: "on 127.0.0.1 (default 10928, or another where that is in use)",
    },
    1,
    65_535,
  ),
  noOpen: switchFlag({ name: "no-open", help: "do not open a browser" }),
  intervalMs: durationFlag({
    name: "interval",
    default: "2s",
    help: "time from one reading to the next; of textfiles at least 15 s",
  }, { minMs: 500, maxMs: 60_000 }),
};

/** Serves the page until it is ended. */
export function uiCommand(deps: ProgramDeps): Promise<ExitCode> {
  return runMeshCommand({
    name: "ui",
    title: "Serves a live page of the mesh on this machine: who is to blame, and the matrix",
    flags: uiFlags,
    readings: "every --interval\nthrough the API server.",
    footer: "\nThe page is for this machine alone. Ctrl-C ends it.\n",
    run: servePages,
  }, deps);
}

async function servePages(
  { port, noOpen, intervalMs }: UiSettings,
  read: () => Promise<MeshReading>,
  deps: ProgramDeps,
  origin: MeshOrigin,
): Promise<ExitCode> {
  const { signal, out } = deps;
  const live: LiveMesh = new LiveMesh({
    intervalMs,
    ...liveSource(origin, intervalMs, read, deps),
    clock: systemClock,
    warn: (message) => deps.err(`${message}\n`),
    send: (event, json) => server.send(event, json),
  });
  const server = servePage({ port, view: live, trouble: live.trouble }, signal);
  out(`The page is at ${server.url}\nCtrl-C ends it.\n`);
  if (!noOpen) openBrowser(server.url, deps);
  await live.run(signal);
  return exitCode.done;
}

/** What is read, and how often where the source gives something new more seldom than it is asked for. */
function liveSource(
  origin: MeshOrigin,
  intervalMs: number,
  read: () => Promise<MeshReading>,
  deps: ProgramDeps,
): Pick<LiveMeshDeps, "read" | "title"> & Partial<Pick<LiveMeshDeps, "intervalMs">> {
  switch (origin.kind) {
    case "prometheus":
      return {
        read: meshReader(read, "windows"),
        title: new URL(origin.url).host,
        intervalMs: Math.max(intervalMs, origin.windowMs),
      };
    case "textfiles":
      return {
        read: growing(meshReader(read, "totals"), origin.directory),
        title: origin.directory,
        intervalMs: Math.max(intervalMs, textfilesEveryMs),
      };
    case "urls":
      return {
        read: liveAgents(origin, intervalMs, deps),
        title: `${origin.urls.length} ${origin.urls.length === 1 ? "agent" : "agents"}`,
      };
    case "agents": {
      const { release, namespace = deps.env("HELM_NAMESPACE") } = origin;
      return {
        read: liveAgents(origin, intervalMs, deps),
        title: [release ?? "all releases", namespace].filter(Boolean).join(" in "),
      };
    }
  }
}

function liveAgents(origin: AgentsOrigin, intervalMs: number, deps: ProgramDeps): LiveReader {
  let opened = 0;
  // What is opened again has failed before, and the page says that it goes on.
  return agentsReader(() => openAgents(origin, deps, opened++ === 0), systemClock, intervalMs);
}

/** Agents write every 10 s if nothing else is set: each reading must hold a write of each. */
const textfilesEveryMs = 15_000;

/** Throws while nothing was counted since the first reading: a copy of a directory is no live mesh. */
export function growing(read: LiveReader, directory: string): LiveReader {
  let first: number | undefined;
  let hasGrown = false;
  return async (signal) => {
    const reading = await read(signal);
    const sent = reading.reports.flatMap(({ totals }) => totals)
      .reduce((sum, totals) => sum + totals.sent, 0);
    if (first !== undefined) hasGrown ||= sent !== first;
    if (first !== undefined && !hasGrown) {
      throw new Error(
        `The textfiles in "${directory}" do not change: "nodeping matrix --textfiles ` +
          `${directory} --output html" draws what they hold`,
      );
    }
    first ??= sent;
    return reading;
  };
}

/** A machine without a desktop has none of these programs, and its person has read the URL. */
function openBrowser(url: string, { spawn, signal }: ProgramDeps): void {
  const command = Deno.build.os === "darwin" ? "open" : "xdg-open";
  Promise.resolve().then(() => run(spawn, { command, args: [url] }, signal)).catch(() => undefined);
}

/** Turns readings of whole meshes into reports: of windows that follow each other, or of totals. */
export function meshReader(
  read: () => Promise<MeshReading>,
  holds: "windows" | "totals",
): LiveReader {
  const sums = new Map<string, { sent: number; received: number; rttSumSeconds: number }>();
  return async () => {
    const { mesh, problems } = await read();
    const missing = mesh.sources.filter(({ silent }) => silent)
      .map(({ name, reason }) => ({ source: name, reason: reason ?? "no answer" }));
    const isFirst = holds === "windows" && sums.size === 0;
    const reports = reportsOf(mesh, holds === "windows" ? sums : undefined);
    const { stale } = mesh;
    const there = mesh.nodes.map(({ name }) => name).filter((name) => !stale?.includes(name));
    return {
      ...{ reports, missing, problems },
      ...(stale === undefined ? {} : { nodeNames: there }),
      ...(isFirst ? { before: reports.map(uncounted) } : {}),
    };
  };
}

/** The report before anything was counted. */
function uncounted(report: SourceReport): SourceReport {
  const nothing = { sent: 0, received: 0, rttSumSeconds: 0 };
  return { ...report, totals: report.totals.map((totals) => ({ ...totals, ...nothing })) };
}

function reportsOf(
  { nodes, sources, pairs, externals }: Mesh,
  sums: Map<string, { sent: number; received: number; rttSumSeconds: number }> | undefined,
): readonly SourceReport[] {
  const zones = new Map(nodes.map(({ name, zone }) => [name, zone]));
  const totalsBySource = new Map<string, DestinationTotals[]>();
  for (const [kind, measured] of [["node", pairs], ["external", externals]] as const) {
    for (const { source, ...pair } of measured) {
      const key = JSON.stringify([kind, source, pair.destination, pair.address]);
      const before = sums?.get(key) ?? { sent: 0, received: 0, rttSumSeconds: 0 };
      const total = {
        sent: before.sent + pair.sent,
        received: before.received + pair.received,
        rttSumSeconds: before.rttSumSeconds + (pair.rttSumSeconds ?? 0),
      };
      sums?.set(key, total);
      const zone = zones.get(pair.destination);
      const totals = { ...pair, ...total, kind, ...(zone === undefined ? {} : { zone }) };
      const ofSource = totalsBySource.get(source);
      if (ofSource) ofSource.push(totals);
      else totalsBySource.set(source, [totals]);
    }
  }
  const cordoned = nodes.filter((node) => node.cordoned).map(({ name }) => name);
  return sources.filter(({ silent }) => !silent).map(({ name, zone }) => ({
    ...{ source: name, totals: totalsBySource.get(name) ?? [], cordoned, measuring: true },
    ...(zone === undefined ? {} : { zone }),
  }));
}
