/** The platforms that nodeping is built for. @module */

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
