/** docs/dependencies.md: every package, its licence, and whether it is shipped. @module */

import { knownAdvisories, openAdvisories } from "./advisories.ts";
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
  return table(["package", "mended in", "advisories"], rows);
}

function packageTable(packages: readonly Package[], direct: ReadonlySet<string>): string {
  const rows = packages.map(({ name, version, licence }) => [
    direct.has(name) ? `**${name}**` : name,
    version,
    licence,
  ]);
  return table(["package", "version", "licence"], rows);
}

/** As deno fmt lays tables out. */
function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length))
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |\n`;
  return line(header) + line(widths.map((width) => "-".repeat(width))) + rows.map(line).join("");
}
