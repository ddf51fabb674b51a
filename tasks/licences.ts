/**
 * `deno task licences` writes THIRD_PARTY_LICENSES and docs/dependencies.md from deno.lock and the
 * packages' own files; with --check it fails when one is out of step.
 *
 * @module
 */

import { readInventory } from "./licences/inventory.ts";
import { noticesText } from "./licences/notices.ts";
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

if (import.meta.main) {
  const root = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
  Deno.exit(await main(root, Deno.args.includes("--check")));
}
