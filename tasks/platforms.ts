/** The platforms that nodeping is built for, and which of them this machine can build. @module */

import type { FlagSpec } from "../src/flags.ts";

/** A platform as archives name it, and as Deno names it. */
export interface Platform {
  /** GOOS-GOARCH, as Helm and container registries write it: "linux-amd64". */
  readonly name: string;
  /** Value of `deno compile --target`. */
  readonly target: string;
}

/** Every platform, in the order of the checksums. */
export const platforms: readonly Platform[] = [
  { name: "linux-amd64", target: "x86_64-unknown-linux-gnu" },
  { name: "linux-arm64", target: "aarch64-unknown-linux-gnu" },
  { name: "darwin-amd64", target: "x86_64-apple-darwin" },
  { name: "darwin-arm64", target: "aarch64-apple-darwin" },
];

/** The flag that names platforms. */
export const targetsFlag: FlagSpec = {
  name: "targets",
  value: "NAMES",
  help: `platforms, separated by commas: ${platforms.map(({ name }) => name).join(",")}`,
};

/** The platform this runs on; undefined where it is none of {@linkcode platforms}. */
export function hostPlatform(): Platform | undefined {
  return platforms.find(({ target }) => target === Deno.build.target);
}

/** The platforms of these names. Throws a RangeError naming every unknown one. */
export function platformsNamed(names: readonly string[]): readonly Platform[] {
  const unknown = names.filter((name) => !platforms.some((platform) => platform.name === name));
  if (unknown.length > 0) {
    throw new RangeError(
      `Unknown target ${unknown.map((name) => `"${name}"`).join(", ")}: use ${
        platforms.map(({ name }) => name).join(", ")
      }`,
    );
  }
  return platforms.filter(({ name }) => names.includes(name));
}

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
