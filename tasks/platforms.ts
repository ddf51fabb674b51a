/** The platforms that nodeping is built for, and which of them this machine can build. @module */

import { valueFlag } from "../src/flag_values.ts";
import { invalid } from "../src/flags.ts";
import type { Flag } from "../src/flags.ts";

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

/** The flag that names platforms; they are given in the order of {@linkcode platforms}. */
export const targetsFlag: Flag<readonly Platform[] | undefined> = valueFlag({
  name: "targets",
  help: `platforms, separated by commas: ${platforms.map(({ name }) => name).join(",")}`,
}, {
  placeholder: "NAMES",
  remedy: `names of ${platforms.map(({ name }) => name).join(", ")}, with commas between them`,
  read: readPlatforms,
});

/** The platform this runs on; undefined where it is none of {@linkcode platforms}. */
export function hostPlatform(): Platform | undefined {
  return platforms.find(({ target }) => target === Deno.build.target);
}

function readPlatforms(text: string): readonly Platform[] | typeof invalid {
  const names = text.split(",");
  const found = platforms.filter(({ name }) => names.includes(name));
  return names.every((name) => found.some((platform) => platform.name === name)) ? found : invalid;
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
