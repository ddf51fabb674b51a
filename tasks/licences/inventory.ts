/** Everything that nodeping's programs are made of, as the tree has it. @module */

import { run, spawnProcess } from "../../src/shell/spawn.ts";
import { embeddedPackages } from "./embedded.ts";
import { readPackages } from "./packages.ts";
import type { Package } from "./packages.ts";

/** The packages of the lock, and which are what. */
export interface Inventory {
  /** Sorted by name. */
  readonly packages: readonly Package[];
  /** Names of those that the programs embed. */
  readonly embedded: ReadonlySet<string>;
  /** Names of those that deno.json imports. */
  readonly direct: ReadonlySet<string>;
}

/** Reads it under `root`; downloads packages of the lock that Deno's cache lacks. */
export async function readInventory(root: string): Promise<Inventory> {
  await deno("install", "--quiet", "--frozen");
  const { npmCache } = JSON.parse(await deno("info", "--json")) as { npmCache: string };
  const registry = [...Deno.readDirSync(npmCache)].find(({ isDirectory }) => isDirectory);
  if (registry === undefined) throw new Error(`No npm packages in ${npmCache}`);
  const lock = await Deno.readTextFile(`${root}/deno.lock`);
  const { imports } = JSON.parse(await Deno.readTextFile(`${root}/deno.json`)) as {
    imports: Readonly<Record<string, string>>;
  };
  const direct = Object.values(imports).map((specifier) =>
    /^npm:\/?(@?[^@]+)@/.exec(specifier)?.[1] ?? specifier
  );
  return {
    packages: await readPackages(lock, `${npmCache}/${registry.name}`),
    embedded: await embeddedPackages(root),
    direct: new Set(direct),
  };
}

async function deno(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(spawnProcess, { command: Deno.execPath(), args });
  if (code === 0) return stdout;
  throw new Error(`deno ${args.join(" ")} failed: ${stderr.trim()}`);
}
