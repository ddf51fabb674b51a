/** The textfile for node-exporter. @module */

import type { AgentStatus } from "../metrics/agent_status.ts";
import type { Clock } from "../platform/clock.ts";
import type { FileWriter } from "../platform/files.ts";
import type { Log } from "../platform/log.ts";

/** Settings of a {@linkcode Textfile}. */
export interface TextfileOptions {
  /** The file that node-exporter reads. */
  readonly path: string;
  /** Time from one write to the next. */
  readonly everyMs: number;
  /** Renders the exposition in UTF-8, part by part. */
  readonly render: () => AsyncIterable<Uint8Array>;
  /** Writes, renames and removes. */
  readonly files: FileWriter;
  /** What the period is measured by. */
  readonly clock: Clock;
  /** Receives how long a write took, and the errors. */
  readonly status: AgentStatus;
  /** Receives the writes that failed, and the first that works again. */
  readonly log: Log;
}

/** How often a failure that lasts is logged again. */
const repeatFailureMs = 60_000;
const unwritable = "must exist and be writable";
/** A mount goes on showing the directory that was there when the pod began. */
const missing =
  "does not exist, or was replaced on the node, which this pod cannot see: delete the pod";

/** Writes the exposition again and again, and at once when asked. */
export class Textfile {
  readonly #options: TextfileOptions;
  #writing: Promise<void> = Promise.resolve();
  #failingSinceMs: number | undefined;
  #loggedMs = -Infinity;

  /** Writes nothing yet. */
  constructor(options: TextfileOptions) {
    this.#options = options;
  }

  /** Writes now, after a write under way. Never rejects: a failure is counted and logged. */
  write(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  /** Writes at once and then every `everyMs` until the signal is aborted. */
  async keepWriting(signal: AbortSignal): Promise<void> {
    const { clock, everyMs } = this.#options;
    while (!signal.aborted) {
      const startedMs = clock.monotonicMs();
      await this.write();
      const restMs = everyMs - (clock.monotonicMs() - startedMs);
      await clock.sleep(Math.max(0, restMs), signal).catch(() => undefined);
    }
  }

  /**
   * Removes the file, after a write under way: a stale file would be exported for ever. Never
   * rejects: at the end of the agent it would hide why it ended.
   */
  async remove(): Promise<void> {
    const { path, files, log } = this.#options;
    await this.#writing;
    try {
      await files.remove(path);
    } catch (error) {
      log.error(
        "Cannot remove the textfile: where there is one, node-exporter goes on exporting it",
        { path, cause: String(error) },
      );
    }
  }

  async #write(): Promise<void> {
    const { path, render, files, clock, status, log } = this.#options;
    const startedMs = clock.monotonicMs();
    try {
      await files.replace(path, render());
    } catch (error) {
      status.textfileWriteErrors++;
      return this.#logFailure(error, startedMs);
    }
    status.textfileWriteSeconds = (clock.monotonicMs() - startedMs) / 1000;
    if (this.#failingSinceMs !== undefined) log.info("The textfile can be written again", { path });
    this.#failingSinceMs = undefined;
  }

  #logFailure(error: unknown, nowMs: number): void {
    const isNew = this.#failingSinceMs === undefined;
    this.#failingSinceMs ??= nowMs;
    if (!isNew && nowMs - this.#loggedMs < repeatFailureMs) return;
    this.#loggedMs = nowMs;
    const isMissing = error instanceof Deno.errors.NotFound;
    this.#options.log.error(
      `Cannot write the textfile: its directory ${isMissing ? missing : unwritable}`,
      { path: this.#options.path, cause: String(error) },
    );
  }
}
