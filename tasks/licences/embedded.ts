/** Which packages end up in the program. @module */

import { run, spawnProcess } from "../../src/platform/process.ts";

/** Packages whose code stands within another's file, where no comment names them. */
const inlined: ReadonlyMap<string, readonly string[]> = new Map([
  ["jsonpath-plus", ["jsep", "@jsep-plugin/assignment", "@jsep-plugin/regex"]],
]);

/**
 * Names of the npm packages that the program embeds: those of which `deno bundle` keeps a file, as
 * it says in the comments above each.
 */
export async function embeddedPackages(root: string): Promise<ReadonlySet<string>> {
  const directory = await Deno.makeTempDir();
  try {
    const flags = ["--quiet", "--platform", "deno", "--code-splitting", "--outdir", directory];
    const args = ["bundle", ...flags, `${root}/main.ts`];
    const { code, stderr } = await run(spawnProcess, { command: Deno.execPath(), args });
    if (code !== 0) throw new Error(`Cannot bundle main.ts: ${stderr.trim()}`);
    const names = new Set<string>();
    for await (const { name } of Deno.readDir(directory)) {
      const text = await Deno.readTextFile(`${directory}/${name}`);
      for (const found of packagesOf(text)) names.add(found);
    }
    return names;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Names of the packages whose files a bundle's comments name. */
export function packagesOf(bundle: string): ReadonlySet<string> {
  const paths = bundle.matchAll(
    /^ *\/\/ .*\/npm\/[^/\n]+\/((?:@[^/\n]+\/)?[^/\n]+)\/\d[^/\n]*\//gm,
  );
  return new Set([...paths].flatMap(([, name]) => [name!, ...inlined.get(name!) ?? []]));
}
