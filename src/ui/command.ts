/** `nodeping ui`. @module */

import { exitCode } from "../exit_code.ts";
import type { ExitCode } from "../exit_code.ts";
import type { ProgramDeps } from "../platform/process.ts";
import { durationFlag, integerFlag, switchFlag } from "../flag_values.ts";
import type { FlagTable } from "../flags.ts";
import { openAgents, originFlags, runMeshCommand } from "../mesh/command.ts";
import type { AgentsOrigin, MeshOrigin, OriginSettings } from "../mesh/command.ts";
import type { MeshReading } from "../mesh/mesh.ts";
import { systemClock } from "../platform/clock.ts";
import { run } from "../platform/process.ts";
import { agentsReader, LiveMesh, meshReader } from "./live_mesh.ts";
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
    default: "1m",
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
        read: liveAgents(origin, deps),
        title: `${origin.urls.length} ${origin.urls.length === 1 ? "agent" : "agents"}`,
      };
    case "agents": {
      const { release, namespace = deps.env("HELM_NAMESPACE") } = origin;
      return {
        read: liveAgents(origin, deps),
        title: [release ?? "all releases", namespace].filter(Boolean).join(" in "),
      };
    }
  }
}

function liveAgents(origin: AgentsOrigin, deps: ProgramDeps): LiveReader {
  let opened = 0;
  // What is opened again has failed before, and the page says that it goes on.
  return agentsReader(() => openAgents(origin, deps, opened++ === 0), systemClock);
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
