/** THIRD_PARTY_LICENSES: the licence texts of what a program embeds. @module */

import type { Package } from "./packages.ts";

/**
 * The texts, each once, under the packages it is for. Throws where an embedded package has neither
 * a text of its own nor one among `others`, by name.
 */
export function noticesText(
  packages: readonly Package[],
  embedded: ReadonlySet<string>,
  others: ReadonlyMap<string, string>,
): string {
  const holders = new Map<string, string[]>();
  const add = (text: string, holder: string): void => {
    holders.set(text, [...holders.get(text) ?? [], holder]);
  };
  add(others.get("deno")!, "Deno's runtime");
  for (const { name, version, licence, licenceText } of packages) {
    if (!embedded.has(name)) continue;
    const text = licenceText === "" ? others.get(name) : licenceText;
    if (text === undefined) {
      throw new Error(`Package ${name} carries no licence text: add tasks/licences/${name}.txt`);
    }
    add(text, `${name} ${version} (${licence})`);
  }
  const rule = "-".repeat(80);
  const sections = [...holders].map(([text, names]) => `${rule}\n${names.join("\n")}\n\n${text}\n`);
  return `${head}\n${sections.join("\n")}`;
}

const head =
  `nodeping is licensed under the Apache License 2.0: see LICENSE. Its programs embed what follows,
under the licences given here. Made from deno.lock by \`deno task licences\`.

Deno's runtime itself contains V8 (BSD-3-Clause) and Rust crates, whose licences the sources of its
release list. The image also carries fping, whose licence is in /usr/share/doc/fping/copyright, and
its base image's packages, with theirs in /usr/share/doc.
`;
