/**
 * `deno task licences` writes THIRD_PARTY_LICENSES and docs/dependencies.md from deno.lock and the
 * packages' own files; with --check it fails when one is out of step.
 *
 * @module
 */

import { readInventory } from "./licences/packages.ts";
import type { Package } from "./licences/packages.ts";
import { dependenciesPage } from "./licences/page.ts";

/** Texts of what carries none: tasks/licences/NAME.txt. */
async function otherTexts(): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const [name, file] of [["deno", "deno"], ["deno-std", "deno"], ["tr46", "tr46"]] as const) {
    const text = await Deno.readTextFile(new URL(`licences/${file}.txt`, import.meta.url));
    texts.set(name, text.trim());
  }
  return texts;
}

async function main(root: string, check: boolean): Promise<number> {
  const { packages, embedded, direct } = await readInventory(root);
  const files = new Map([
    ["THIRD_PARTY_LICENSES", noticesText(packages, embedded, await otherTexts())],
    ["docs/dependencies.md", dependenciesPage(packages, embedded, direct)],
  ]);
  let stale = 0;
  for (const [file, text] of files) {
    const before = await Deno.readTextFile(`${root}/${file}`).catch(() => undefined);
    if (before === text) continue;
    stale++;
    if (check) say(`${file} is out of step with deno.lock: run deno task licences`);
    else await Deno.writeTextFile(`${root}/${file}`, text);
  }
  return check && stale > 0 ? 1 : 0;
}

function say(message: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${message}\n`));
}

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

if (import.meta.main) {
  const root = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
  Deno.exit(await main(root, Deno.args.includes("--check")));
}
