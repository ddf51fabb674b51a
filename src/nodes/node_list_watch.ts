/** Watches the mounted node lists, that of the release and that of the sync in the cluster, for changes. @module */

import { dirname, join } from "node:path";
import { parseNodeList } from "./node_list_parser.ts";
import type { ExternalTarget } from "./node_list.ts";
import type { ListProblems, NodeListResult } from "./node_list_parser.ts";
import type { Clock } from "../platform/clock.ts";

/** Reads files, as Deno does; both fail with Deno.errors.NotFound when there is none. */
export interface FileReader {
  /**
   * Follows symbolic links, as the file of a ConfigMap is one. Looks at once: the mount is in
   * memory, and another thread for each look costs more than it.
   */
  readonly stat: (path: string) => Deno.FileInfo;
  /** The whole text. */
  readonly readText: (path: string) => Promise<string>;
}

/** What the watch has seen; `unreadable` when the file is missing or cannot be read. */
export type NodeListChange = NodeListResult | {
  readonly kind: "unreadable";
  readonly error: unknown;
};

/** Settings of {@linkcode watchNodeList}. */
export interface NodeListWatchOptions {
  /** The list of the release; where the sync in the cluster runs, its list is beside it. */
  readonly path: string;
  /** Reads the file. */
  readonly files: FileReader;
  /** What a change that is seen is waited out by. */
  readonly clock: Clock;
  /** What the looks are measured by, which need not be exact; `clock` when absent. */
  readonly beatClock?: Clock;
}

/** A ConfigMap holds 1 MiB, of 15,500 nodes. More must not take the agent's memory. */
const maxBytes = 2 * 1024 * 1024;

/** At a change the next looks are exact, so that it is applied within two seconds. */
const lookEveryMs = 700;

/** Two looks at the file must agree before a change counts. */
const settleMs = 500;

/** After this time a file that is there and cannot be read is tried again: its stamp may stay. */
const retryMs = 10_000;

/** A missing file is asked for again after so many looks at its directory, whatever these say. */
const maxLooksAtDirectory = 10;

/**
 * Yields the list at once, and again whenever the file has changed. It looks instead of listening:
 * a ConfigMap is changed by swapping a symbolic link two levels up, and a plain write may be seen
 * half done, so a change counts when it has not changed for one look.
 */
export async function* watchNodeList(
  options: NodeListWatchOptions,
  signal: AbortSignal,
): AsyncGenerator<NodeListChange> {
  const { path, files, clock, beatClock = clock } = options;
  const looks = [path, livePathOf(path)].map((each) => new FileLook(each, files));
  const fingerprint = () => looks.map((each) => each.fingerprint()).join("\n");
  let externalTargets: readonly ExternalTarget[] | undefined;
  let taken: string | undefined;
  let failure: string | undefined;
  let readAtMs = 0;
  let seen = fingerprint();
  while (!signal.aborted) {
    const isChanged = seen !== taken;
    const isDue = failure !== undefined && beatClock.monotonicMs() - readAtMs >= retryMs;
    if (isChanged || isDue) {
      taken = seen;
      readAtMs = beatClock.monotonicMs();
      const { base, live } = await readLists(options);
      const failureBefore = failure;
      const failures = [base, live].flatMap((each) => readFailure(each) ?? []);
      failure = failures.length > 0 ? failures.join("\n") : undefined;
      if (base.kind === "valid") externalTargets = base.list.externalTargets;
      if (isChanged || failure !== failureBefore) {
        yield mergeLiveNodes(base, live, externalTargets);
      }
    }
    await beatClock.sleep(lookEveryMs, signal);
    for (let before = seen; (seen = fingerprint()) !== before && seen !== taken; before = seen) {
      await clock.sleep(settleMs, signal);
    }
  }
}

/**
 * Looks at one file. Each look at a missing file makes an exception with its stack, which costs
 * more than all the rest, so its directory is looked at until that has changed.
 */
class FileLook {
  readonly #path: string;
  readonly #files: FileReader;
  #absence: { readonly directory: string; readonly stamp: string; looks: number } | undefined;

  constructor(path: string, files: FileReader) {
    this.#path = path;
    this.#files = files;
  }

  /** What a change of the file changes. */
  fingerprint(): string {
    try {
      return this.#isStillAbsent() ? "absent" : this.#stampOf(this.#path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) return `unreadable: ${error}`;
      this.#noteAbsence(dirname(this.#path));
      return "absent";
    }
  }

  #isStillAbsent(): boolean {
    const last = this.#absence;
    this.#absence = undefined;
    if (last === undefined || last.looks++ >= maxLooksAtDirectory) return false;
    if (this.#stampOf(last.directory) !== last.stamp) return false;
    this.#absence = last;
    return true;
  }

  /** The nearest directory that is there. */
  #noteAbsence(directory: string): void {
    try {
      this.#absence = { directory, stamp: this.#stampOf(directory), looks: 0 };
    } catch {
      if (directory !== dirname(directory)) this.#noteAbsence(dirname(directory));
    }
  }

  #stampOf(path: string): string {
    const { dev, ino, mtime, size, mode, uid, gid } = this.#files.stat(path);
    // A chmod or chown leaves the text and its time as they are, but may let it be read.
    return [dev, ino, mtime?.getTime(), size, mode, uid, gid].join(" ");
  }
}

/** Reads and checks the lists once. */
export async function readNodeList(options: NodeListWatchOptions): Promise<NodeListChange> {
  const { base, live } = await readLists(options);
  return mergeLiveNodes(base, live);
}

async function readLists({ path, files }: NodeListWatchOptions): Promise<{
  readonly base: NodeListChange;
  readonly live: NodeListChange | undefined;
}> {
  const base = await readOne(path, files);
  const live = await readOne(livePathOf(path), files);
  const isMissing = live.kind === "unreadable" && live.error instanceof Deno.errors.NotFound;
  return { base, live: isMissing ? undefined : live };
}

/** Why a file cannot be read that is there; what is missing is seen when it comes. */
function readFailure(change: NodeListChange | undefined): string | undefined {
  if (change?.kind !== "unreadable" || change.error instanceof Deno.errors.NotFound) {
    return undefined;
  }
  return String(change.error);
}

async function readOne(path: string, files: FileReader): Promise<NodeListChange> {
  try {
    const { size } = files.stat(path);
    if (size > maxBytes) {
      const problem = `The node list "${path}" has ${size} bytes: at most ${maxBytes} are read`;
      return { kind: "invalid", problems: [problem], problemCount: 1 };
    }
    return parseNodeList(await files.readText(path));
  } catch (error) {
    return { kind: "unreadable", error };
  }
}

/** Where the list of the sync in the cluster is mounted: beside the release's list. */
export function livePathOf(path: string): string {
  return join(dirname(path), "live", "nodes.json");
}

/**
 * The list to apply. Where the live list has nodes they win; external targets always come from the
 * release's list. Where that is broken or missing, it takes no node away from a good live list, and
 * the external targets of the last good one stay. A live list that is missing (undefined) is
 * ordinary; a broken or forbidden one must not hide behind the release's older nodes.
 */
export function mergeLiveNodes(
  base: NodeListChange,
  live: NodeListChange | undefined,
  lastExternalTargets?: readonly ExternalTarget[],
): NodeListChange {
  if (live === undefined) return base;
  if (live.kind === "unreadable") return live;
  const ofLive = live.problems.map((text) => `Live list: ${text}`);
  if (live.kind === "invalid") {
    const ofBase = base.kind === "invalid" ? base : noProblems;
    return {
      kind: "invalid",
      problems: [...ofBase.problems, ...ofLive],
      problemCount: ofBase.problemCount + live.problemCount,
    };
  }
  if (live.list.nodes.length === 0) return base;
  const isBase = base.kind === "valid";
  const { problems, problemCount } = isBase ? base : explainBase(base, lastExternalTargets);
  return {
    kind: "valid",
    list: {
      nodes: live.list.nodes,
      externalTargets: isBase ? base.list.externalTargets : lastExternalTargets ?? [],
    },
    skipped: {
      invalid: live.skipped.invalid + (isBase ? base.skipped.invalid : problemCount),
      unusable_address: live.skipped.unusable_address +
        (isBase ? base.skipped.unusable_address : 0),
    },
    problems: [...problems, ...ofLive],
    problemCount: problemCount + live.problemCount,
    warnings: [...(isBase ? base.warnings : []), ...live.warnings],
  };
}

function explainBase(
  base: Exclude<NodeListChange, { kind: "valid" }>,
  lastExternalTargets: readonly ExternalTarget[] | undefined,
): ListProblems {
  const fate = lastExternalTargets === undefined
    ? "no external target is probed"
    : "its last external targets stay";
  if (base.kind === "unreadable") {
    return {
      problems: [`Cannot read the release's list, ${fate}: ${base.error}`],
      problemCount: 1,
    };
  }
  const problems = base.problems.map((text) => `The release's list is invalid, ${fate}: ${text}`);
  return { problems, problemCount: base.problemCount };
}

const noProblems: ListProblems = { problems: [], problemCount: 0 };
