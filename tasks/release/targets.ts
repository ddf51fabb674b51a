/** Which platforms a release can be built for on this machine. @module */

import type { Platform } from "../platforms.ts";

/** A platform that is left out, and why. */
export interface SkippedPlatform {
  readonly platform: Platform;
  readonly reason: string;
}

/** What to build, and what not. */
export interface Targets {
  readonly built: readonly Platform[];
  readonly skipped: readonly SkippedPlatform[];
}

/**
 * Deno downloads the runtime of any platform, unless DENORT_BIN names one: that is of one platform,
 * taken for this machine's.
 */
export function possibleTargets(
  platforms: readonly Platform[],
  host: Platform | undefined,
  denort: string | undefined,
): Targets {
  if (denort === undefined || denort === "") return { built: platforms, skipped: [] };
  const reason = `DENORT_BIN holds the runtime of ${host?.name ?? "this machine"} alone`;
  const built = platforms.filter(({ name }) => name === host?.name);
  const skipped = platforms.filter((platform) => !built.includes(platform))
    .map((platform) => ({ platform, reason }));
  return { built, skipped };
}
