/** The agent: composes the way of the data, from the node list to the textfile. @module */

import { join } from "node:path";
import { Measurement } from "./measurement.ts";
import type { AgentSettings } from "./settings.ts";
import { exitCode } from "../exit_code.ts";
import type { ExitCode } from "../exit_code.ts";
import { ReadBatcher } from "../fping/read_batcher.ts";
import { AgentStatus } from "../metrics/agent_status.ts";
import { exposition, makeRegistry } from "../metrics/exposition.ts";
import { watchNodeList } from "../nodes/node_list_watch.ts";
import type { NodeListResult } from "../nodes/node_list_parser.ts";
import type { FileReader } from "../nodes/node_list_watch.ts";
import { serveHttp } from "../output/http.ts";
import { Textfile } from "../output/textfile.ts";
import type { Clock } from "../platform/clock.ts";
import type { FileWriter } from "../platform/files.ts";
import type { Log } from "../platform/log.ts";
import type { Spawn } from "../platform/process.ts";
import type { Lookup } from "../targets/resolver.ts";
import { version } from "../version.ts";

/** What the agent is given from outside. */
export interface AgentDeps {
  /** Starts fping. */
  readonly spawn: Spawn;
  /** What every wait and every period is measured by. */
  readonly clock: Clock;
  /** Reads the node list. */
  readonly reader: FileReader;
  /** Writes the textfile. */
  readonly writer: FileWriter;
  /** Resolves host names. */
  readonly lookup: Lookup;
  /** Addresses of this machine's interfaces. Throws where they cannot be read. */
  readonly interfaceAddresses: () => readonly string[];
  /** Where the agent logs what it does. */
  readonly log: Log;
  /** Version of the runtime, for nodeping_agent_build_info. */
  readonly denoVersion: string;
}

/** Runs the agent until the signal is aborted; throws when it cannot listen. */
export async function runAgent(
  settings: AgentSettings,
  deps: AgentDeps,
  signal: AbortSignal,
): Promise<ExitCode> {
  // The signal may have come while the program was loaded: then no part would notice it.
  if (signal.aborted) return exitCode.done;
  const { clock, log } = deps;
  log.info("The agent starts", {
    ...{ version, deno: deps.denoVersion, node: settings.node, config: settings.configPath },
    ...{ period_ms: settings.periodMs, timeout_ms: settings.timeoutMs },
    ...{ sockets: settings.sockets, pacing: settings.pacing },
  });
  const status = new AgentStatus();
  const batcher = new ReadBatcher(clock);
  const measurement = new Measurement(
    settings,
    { ...deps, rest: batcher.rest, beatClock: batcher.beatClock },
    status,
  );
  const registry = makeRegistry({
    pairs: measurement.pairs,
    status,
    sourceNode: settings.node,
    version,
    denoVersion: deps.denoVersion,
    periodSeconds: settings.periodMs / 1000,
    sourceZone: () => measurement.zone,
    measuring: () => measurement.measuring,
    monotonicMs: clock.monotonicMs,
    wallMs: clock.wallMs,
  }, settings);
  const textfile = makeTextfile(
    settings,
    deps,
    status,
    () => batcher.unblockedDuring(exposition(registry)),
  );
  const stop = new AbortController();
  const stopped = AbortSignal.any([signal, stop.signal]);
  // Outside of the end that removes the textfile: it may be the one of the agent that has the port.
  const servers = settings.listen === undefined ? [] : serveHttp({
    addresses: settings.listen,
    log,
    endpoints: {
      metrics: (names) => batcher.unblockedDuring(exposition(registry, names)),
      contentType: registry.contentType,
      unready: () => unready(status, settings, clock.monotonicMs()),
    },
  }, stopped);
  try {
    await Promise.all([
      ...servers.map(({ finished }) => finished),
      measurement.watch(stopped),
      batcher.run(() => measurement.nextPause(), stopped),
      textfile?.keepWriting(stopped),
      measurement.measurePathMtu(stopped),
      followNodeList({ settings, deps, status, batcher, measurement, textfile }, stopped),
    ]);
  } finally {
    stop.abort();
    await measurement.close();
    if (settings.keepTextfile) await textfile?.write();
    else await textfile?.remove();
  }
  log.info("Stopped");
  return exitCode.done;
}

function makeTextfile(
  settings: AgentSettings,
  deps: AgentDeps,
  status: AgentStatus,
  render: () => AsyncIterable<Uint8Array>,
): Textfile | undefined {
  if (settings.textfileDir === undefined) return undefined;
  const path = join(settings.textfileDir, `${settings.textfilePrefix}${settings.node}.prom`);
  const { writer: files, clock, log } = deps;
  return new Textfile({
    path,
    everyMs: settings.writeIntervalMs,
    render,
    files,
    clock,
    status,
    log,
  });
}

/** What a new node list is read by, and what it changes. */
interface NodeListFollower {
  readonly settings: AgentSettings;
  readonly deps: AgentDeps;
  readonly status: AgentStatus;
  readonly batcher: ReadBatcher;
  readonly measurement: Measurement;
  readonly textfile: Textfile | undefined;
}

/** Applies each good list, and logs each bad one without letting go of the good. */
async function followNodeList(
  { settings, deps, status, batcher, measurement, textfile }: NodeListFollower,
  signal: AbortSignal,
): Promise<void> {
  const { clock, log, reader } = deps;
  const path = settings.configPath;
  const watch = {
    ...{ path, files: reader, beatClock: batcher.beatClock },
    clock: { ...clock, sleep: batcher.sleepUnblocked },
  };
  try {
    for await (const change of watchNodeList(watch, signal)) {
      status.reloadSucceeded = change.kind === "valid";
      if (change.kind === "unreadable") {
        logUnreadable(log, path, change.error, status.listLoaded);
      } else {
        logListProblems(log, path, change);
        if (change.kind === "valid") {
          measurement.apply(change.list, change.skipped);
          status.reloadTimestampSeconds = clock.wallMs() / 1000;
        }
      }
      await textfile?.write();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** At a first install the agents may come before the list. */
function logUnreadable(log: Log, path: string, error: unknown, isApplied: boolean): void {
  if (error instanceof Deno.errors.NotFound) {
    if (isApplied) return log.error("The node list is gone: the applied one stays", { path });
    log.warn(
      "There is no node list: the agent waits for it; the chart makes it, and the sync in the cluster",
      { path },
    );
  } else {
    log.error("Cannot read the node list", { path, cause: String(error) });
  }
}

/** A list of 10,000 mistakes must not drown the log; --check-config prints more of them. */
const maxLogged = 20;

function logListProblems(log: Log, path: string, change: NodeListResult): void {
  const { problems, problemCount } = change;
  const message = change.kind === "invalid"
    ? "The node list is invalid: the applied one stays"
    : "A part of the node list is skipped";
  const at = change.kind === "invalid" ? log.error : log.warn;
  for (const problem of problems.slice(0, maxLogged)) at(message, { path, problem });
  const more = problemCount - maxLogged;
  if (more > 0) at(message, { path, problem: `and ${more} more: see --check-config` });
  if (change.kind === "invalid") return;
  for (const warning of change.warnings.slice(0, maxLogged)) {
    log.warn("The node list is ambiguous", { path, warning });
  }
}

/** However short the period is, a shorter time without outcomes is no news. */
const minSilenceMs = 10_000;

/**
 * Why the agent is not ready, for people; undefined when it is: a list is loaded, and there are no
 * destinations or outcomes arrive, whatever they are. Requests take three quarters of a period, so
 * that outcomes can be a period and a timeout apart.
 */
export function unready(
  status: AgentStatus,
  { periodMs, timeoutMs }: Pick<AgentSettings, "periodMs" | "timeoutMs">,
  nowMs: number,
): string | undefined {
  if (!status.listLoaded) return "No node list is loaded: see the log";
  if (status.targets === 0) return undefined;
  const arriving =
    nowMs - status.latestOutcomeMs < Math.max(minSilenceMs, 2 * periodMs + timeoutMs);
  return arriving ? undefined : "No outcome of any probe arrives: see the log";
}
