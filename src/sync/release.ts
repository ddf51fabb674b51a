/** Reads a Helm release. @module */

import type { Clock } from "../shell/clock.ts";
import type { Helm } from "./helm.ts";
import { helmFailure } from "./helm.ts";

/** One revision of a release. */
export interface Revision {
  /** Counted from 1. */
  readonly revision: number;
  /** As Helm calls it: deployed, failed, pending-upgrade and so on. */
  readonly status: string;
  /** Chart name and version, such as "nodeping-0.1.0". */
  readonly chart: string;
  /** As `helm history` shows it. */
  readonly description: string;
}

/** A release as sync finds it. */
export interface Release {
  /** As given to `helm install`. */
  readonly name: string;
  /** Oldest first, as far back as Helm keeps them. */
  readonly revisions: readonly Revision[];
  /** The newest, whatever became of it. */
  readonly last: Revision;
  /**
   * What an upgrade starts from, and what is in force: the last deployed revision, as in Helm's own
   * --reset-then-reuse-values; the last one when none ever was deployed.
   */
  readonly base: Revision;
}

/** No release is there to be synced; the message says what to do. */
export class NoReleaseError extends Error {
  /** The class's name, which a bundle shortens. */
  override readonly name = "NoReleaseError";
}

/** Arguments for Helm that list every release of a namespace, but those that were uninstalled. */
export const listArguments = ["list", "--deployed", "--failed", "--pending", "--max", "0"];

/** Names of nodeping's own releases in the JSON of {@linkcode listArguments}. */
export function nodepingReleases(listed: unknown): readonly string[] {
  return (listed as { name: string; chart: string }[])
    .filter(({ chart }) => /^nodeping-\d/.test(chart)).map(({ name }) => name);
}

/** The name of the only nodeping release of the namespace; throws when there is none or more. */
export async function findRelease(helm: Helm, namespace: string): Promise<string> {
  const releases = nodepingReleases(await helm.readJson(listArguments));
  const [only, ...others] = releases;
  if (only === undefined) {
    throw new NoReleaseError(
      `No nodeping release in namespace "${namespace}": give its namespace with -n, or its name ` +
        "if it is part of an umbrella chart",
    );
  }
  if (others.length > 0) {
    throw new NoReleaseError(
      `Several nodeping releases in namespace "${namespace}": name one of ${releases.join(", ")}`,
    );
  }
  return only;
}

/** Reads the revisions of a release; throws NoReleaseError when it is not there any more. */
export async function readRelease(helm: Helm, name: string, namespace: string): Promise<Release> {
  let history: unknown;
  try {
    history = await helm.readJson(["history", name]);
  } catch (error) {
    if (helmFailure(error) !== "not-found") throw error;
    throw new NoReleaseError(`No release "${name}" in namespace "${namespace}"`, { cause: error });
  }
  const revisions = (history as Revision[]).toSorted((a, b) => a.revision - b.revision);
  const last = revisions.at(-1);
  if (last === undefined || last.status.startsWith("uninstall")) {
    throw new NoReleaseError(`The release "${name}" in namespace "${namespace}" is uninstalled`);
  }
  const base = revisions.findLast(({ status }) => status === "deployed") ?? last;
  return { name, revisions, last, base };
}

/** Settings of {@linkcode waitUntilSettled}. */
export interface WaitOptions {
  /** Runs Helm. */
  readonly helm: Helm;
  /** Name of the release. */
  readonly name: string;
  /** Namespace of the release. */
  readonly namespace: string;
  /** What the wait is measured by. */
  readonly clock: Clock;
  /** Longest wait for an operation that is under way. */
  readonly timeoutMs: number;
  /** Ends the wait. */
  readonly signal: AbortSignal;
  /** Told once, when there is something to wait for. */
  readonly onWait: (message: string) => void;
}

/** Waits while an operation is under way; throws with the remedy when it does not end in time. */
export async function waitUntilSettled(options: WaitOptions): Promise<Release> {
  const { helm, name, namespace, clock, timeoutMs, signal, onWait } = options;
  const startMs = clock.monotonicMs();
  const limit = `${timeoutMs / 1000} s`;
  for (let attempt = 0;; attempt++) {
    const release = await readRelease(helm, name, namespace);
    const { status, revision } = release.last;
    if (!status.startsWith("pending")) return release;
    if (attempt === 0) {
      onWait(`Revision ${revision} of "${name}" is ${status}: waiting ${limit} at most`);
    }
    if (clock.monotonicMs() - startMs >= timeoutMs) {
      throw new Error(
        `Revision ${revision} of "${name}" has been ${status} for ${limit}. If nobody is ` +
          `working on it any more, its helm was killed: "helm rollback ${name}" clears it ` +
          '(after "pending-install": helm uninstall), then run sync again',
      );
    }
    await clock.sleep(2000, signal);
  }
}
