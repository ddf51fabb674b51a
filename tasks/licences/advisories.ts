/** Vulnerabilities that packages of the lock once had, looked up by hand. @module */

import type { Package } from "./packages.ts";

/** Advisories of one package, all mended in one version. */
export interface Advisory {
  /** Name of the package. */
  readonly name: string;
  /** First version without them. */
  readonly mendedIn: string;
  /** CVE or GHSA identifiers. */
  readonly ids: readonly string[];
}

/**
 * Found in public issues and advisories on 2026-11-23, for the packages that the programs embed.
 * No replacement of `deno audit`, but a floor under the versions in the lock.
 */
export const knownAdvisories: readonly Advisory[] = [
  { name: "ip-address", mendedIn: "10.3.1", ids: ["GHSA-v2v4-37r5-5v8g", "CVE-2026-69192"] },
  {
    name: "js-yaml",
    mendedIn: "4.3.2",
    ids: ["CVE-2025-64718", "CVE-2026-59869", "CVE-2026-59870", "CVE-2026-84375"],
  },
  { name: "jsonpath-plus", mendedIn: "10.3.0", ids: ["CVE-2024-21534", "CVE-2025-1302"] },
  { name: "node-fetch", mendedIn: "2.6.7", ids: ["CVE-2022-0235"] },
  { name: "tar-fs", mendedIn: "3.1.1", ids: ["CVE-2025-48387", "CVE-2025-59343"] },
  { name: "ws", mendedIn: "8.21.0", ids: ["CVE-2024-37890", "CVE-2026-48779"] },
  { name: "yaml", mendedIn: "2.8.3", ids: ["CVE-2026-33532"] },
];

/** One line for each advisory that a package of the lock still has. */
export function openAdvisories(
  packages: readonly Package[],
  advisories: readonly Advisory[] = knownAdvisories,
): readonly string[] {
  return advisories.flatMap(({ name, mendedIn, ids }) => {
    const found = packages.find((one) => one.name === name);
    if (found === undefined || !isBefore(found.version, mendedIn)) return [];
    return [`${name} ${found.version} has ${ids.join(", ")}: take ${mendedIn} or newer`];
  });
}

/** Compares versions of three numbers; a pre-release counts as its release. */
function isBefore(version: string, other: string): boolean {
  const [own, wanted] = [version, other].map((text) =>
    text.split(".").map((part) => parseInt(part))
  );
  for (const [index, part] of wanted!.entries()) {
    const difference = (own![index] ?? 0) - part;
    if (difference !== 0) return difference < 0;
  }
  return false;
}
