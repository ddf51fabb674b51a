/** docs/dependencies.md: every package, its licence, whether it is shipped, and known vulnerabilities. @module */

import { markdownTable } from "../markdown.ts";
import type { Package } from "./packages.ts";

/** Licences under which a package may be embedded: none asks for more than its text. */
const permissive = new Set([
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "ISC",
  "MIT",
  "Python-2.0",
  "Unlicense",
]);

/** What nodeping's tasks do themselves, and why. */
const ownInstead = [
  [
    "licences of the lock",
    "readers of licences want node_modules, and bring more packages than the programs embed",
  ],
  ["tables, JUnit reports", "10 to 60 lines each: a library would be one more to update"],
  [
    "archives",
    "GNU tar and gzip make the same bytes of the same files; libraries promise no such thing",
  ],
] as const;

/**
 * The page. Throws naming every package whose licence is not known to be permissive, or that has a
 * known vulnerability.
 */
export function dependenciesPage(
  packages: readonly Package[],
  embedded: ReadonlySet<string>,
  direct: ReadonlySet<string>,
): string {
  const refused = packages.filter(({ licence }) => !permissive.has(licence));
  if (refused.length > 0) {
    const names = refused.map(({ name, licence }) => `${name} (${licence})`);
    throw new Error(`Licences to look at before these may be used: ${names.join(", ")}`);
  }
  const open = openAdvisories(packages);
  if (open.length > 0) throw new Error(open.join("; "));
  const shipped = packages.filter(({ name }) => embedded.has(name));
  const others = packages.filter(({ name }) => !embedded.has(name));
  return `${head(packages.length, shipped.length)}
${advisoryTable()}
## Embedded in the programs

${packageTable(shipped, direct)}
## Not shipped

Types, build tools, and parts of packages above that no code of nodeping reaches.

${packageTable(others, direct)}`;
}

function head(all: number, shipped: number): string {
  return `# Dependencies

Made from deno.lock by \`deno task licences\`; \`deno task check\` holds it in step. A **bold** name is
imported by nodeping itself; why, says the [README](../README.md#dependencies). The others come with
those: the lock has ${all} packages, of which ${shipped} have code in the programs. Their licence texts are in
[THIRD_PARTY_LICENSES](../THIRD_PARTY_LICENSES), which the image and the archives carry.

Besides npm's packages the programs embed Deno's runtime (MIT), and the image carries fping 5.5 (its
own permissive licence) on a distroless Debian 13 base.

## Where a library was not taken

${markdownTable(["what", "why"], ownInstead)}
## Audit

Each package is pinned with its integrity in deno.lock. CI asks the registry for known
vulnerabilities every week and at each change of the lock (\`deno audit\`); \`deno task licences\`
refuses a licence that asks for more than its text, and a version below those in this table. The
registry's audit was out of reach where nodeping was written, so that no result of it can be shown
here: what stands below was looked up by hand, on 2026-11-23.
`;
}

function advisoryTable(): string {
  const rows = knownAdvisories.map(({ name, mendedIn, ids }) => [name, mendedIn, ids.join(", ")]);
  return markdownTable(["package", "mended in", "advisories"], rows);
}

function packageTable(packages: readonly Package[], direct: ReadonlySet<string>): string {
  const rows = packages.map(({ name, version, licence }) => [
    direct.has(name) ? `**${name}**` : name,
    version,
    licence,
  ]);
  return markdownTable(["package", "version", "licence"], rows);
}

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
