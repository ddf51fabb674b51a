/** The agent: composes the way of the data, from the node list to the textfile. @module */

import { join } from "node:path";
import { Measurement } from "./measurement.ts";
import type { AgentSettings } from "./settings.ts";
import { exitCode } from "../command.ts";
import type { ExitCode } from "../command.ts";
import { maxRequestsPerSecond } from "../fping/arguments.ts";
import { ReadBatcher, sliceMs } from "../fping/read_batcher.ts";
import type { Pause } from "../fping/read_batcher.ts";
import { AgentStatus } from "../metrics/agent_status.ts";
import { exposition, makeRegistry } from "../metrics/exposition.ts";
import { watchNodeList } from "../nodes/node_list_watch.ts";
import type { FileReader } from "../nodes/node_list_watch.ts";
import { serveHttp } from "../output/http.ts";
import { Textfile } from "../output/textfile.ts";
import type { Clock } from "../platform/clock.ts";
import type { FileWriter } from "../platform/files.ts";
import type { Log } from "../platform/log.ts";
import type { Spawn } from "../platform/process.ts";
import type { Lookup } from "../targets/resolver.ts";
import { version } from "../version.ts";

/** The outside world of the agent. */
export interface AgentShell {
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
  /** Where the agent tells what it does. */
  readonly log: Log;
  /** Version of the runtime, for nodeping_agent_build_info. */
  readonly denoVersion: string;
}

/** The event loop counts as turning when it has done so within this time. */
const healthyMs = 10_000;

/** Runs the agent until the signal is aborted; throws when it cannot listen. */
export async function runAgent(
  settings: AgentSettings,
  shell: AgentShell,
  signal: AbortSignal,
): Promise<ExitCode> {
  // The signal may have come while the program was loaded: then no part would hear of it any more.
  if (signal.aborted) return exitCode.done;
  const { clock, log } = shell;
  const status = new AgentStatus();
  const batcher = new ReadBatcher(clock);
  const measurement = new Measurement(settings, { ...shell, rest: batcher.rest }, status);
  const registry = makeRegistry({
    pairs: measurement.pairs,
    status,
    sourceNode: settings.node,
    version,
    denoVersion: shell.denoVersion,
    periodSeconds: settings.periodMs / 1000,
    sourceZone: () => measurement.zone,
    measuring: () => measurement.measuring,
    monotonicMs: clock.monotonicMs,
    wallMs: clock.wallMs,
  }, settings);
  const textfile = makeTextfile(
    settings,
    shell,
    status,
    () => batcher.unblockedDuring(exposition(registry)),
  );
  const stop = new AbortController();
  signal.addEventListener("abort", () => stop.abort(signal.reason), { once: true });
  const turning = new Heartbeat(clock);
  // Outside of the end that removes the textfile: it may be the one of the agent that has the port.
  const servers = settings.listen === undefined ? [] : serveHttp({
    addresses: settings.listen,
    log,
    endpoints: {
      metrics: () => batcher.unblockedDuring(exposition(registry)),
      contentType: registry.contentType,
      healthy: () => turning.ageMs() < healthyMs,
      unready: () => unready(status, settings, clock.monotonicMs()),
    },
  }, stop.signal);
  try {
    await Promise.all([
      ...servers.map(({ finished }) => finished),
      turning.keep(stop.signal),
      batcher.run(() => pause(status.targets * 1000 / settings.periodMs), stop.signal),
      textfile?.keepWriting(stop.signal),
      measurement.measurePathMtu(stop.signal),
      followNodeList(settings, shell, status, measurement, textfile, stop.signal),
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

/** How long lines collect; the thread stands still where lines are so many that it is worth it. */
function pause(linesPerSecond: number): Pause {
  return {
    ms: sliceMs(Math.min(linesPerSecond, maxRequestsPerSecond)),
    blocking: linesPerSecond >= 100,
  };
}

function makeTextfile(
  settings: AgentSettings,
  shell: AgentShell,
  status: AgentStatus,
  render: () => AsyncIterable<Uint8Array>,
): Textfile | undefined {
  if (settings.textfileDir === undefined) return undefined;
  const path = join(settings.textfileDir, `${settings.textfilePrefix}${settings.node}.prom`);
  const { writer: files, clock, log } = shell;
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

/** Takes each good list into force, and tells of each bad one without letting go of the good. */
async function followNodeList(
  settings: AgentSettings,
  shell: AgentShell,
  status: AgentStatus,
  measurement: Measurement,
  textfile: Textfile | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { clock, log, reader } = shell;
  const path = settings.configPath;
  const watch = { path, files: reader, clock };
  try {
    for await (const change of watchNodeList(watch, signal)) {
      status.reloadSucceeded = change.kind === "valid";
      if (change.kind === "unreadable") {
        log.error("Cannot read the node list", { path, cause: String(change.error) });
      } else if (change.kind === "invalid") {
        for (const problem of firstOf(change.problems)) {
          log.error("The node list is refused", { path, problem });
        }
      } else {
        for (const warning of firstOf(change.warnings)) {
          log.warn("The node list is odd", { path, warning });
        }
        measurement.take(change.list);
        status.reloadTimestampSeconds = clock.wallMs() / 1000;
      }
      await textfile?.write();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** A list of 10,000 mistakes must not drown the log; --check-config tells all of them. */
function firstOf(texts: readonly string[]): readonly string[] {
  const most = 20;
  if (texts.length <= most) return texts;
  return [...texts.slice(0, most), `and ${texts.length - most} more: see --check-config`];
}

/** Tells how long ago the event loop last turned. */
export class Heartbeat {
  readonly #clock: Clock;
  #lastMs: number;

  /** Counts as turning from now on. */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastMs = clock.monotonicMs();
  }

  /** Milliseconds since the last turn. */
  ageMs(): number {
    return this.#clock.monotonicMs() - this.#lastMs;
  }

  /** Turns each second until the signal is aborted. */
  async keep(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#lastMs = this.#clock.monotonicMs();
      await this.#clock.sleep(1000, signal).catch(() => undefined);
    }
  }
}

/** However short the period is, a shorter time without outcomes is no news. */
const leastMs = 10_000;

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
  if (!status.listLoaded) return "No node list is loaded";
  if (status.targets === 0) return undefined;
  const arriving = nowMs - status.latestOutcomeMs < Math.max(leastMs, 2 * periodMs + timeoutMs);
  return arriving ? undefined : "No outcome of any probe arrives: see the log";
}
