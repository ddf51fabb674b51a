/** Everything that nodeping's programs are made of, as the tree has it. @module */

import { run, spawnProcess } from "../../src/platform/process.ts";
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
  const lock = await Deno.readTextFile(`${root}/deno.lock`);
  const { imports } = JSON.parse(await Deno.readTextFile(`${root}/deno.json`)) as {
    imports: Readonly<Record<string, string>>;
  };
  const direct = Object.values(imports).map((specifier) =>
    /^npm:\/?(@?[^@]+)@/.exec(specifier)?.[1] ?? specifier
  );
  return {
    packages: await readPackages(lock, await registryIn(npmCache, direct)),
    embedded: await embeddedPackages(root),
    direct: new Set(direct),
  };
}

/** The cache has a folder for each registry that was ever asked: the one that has what is imported. */
async function registryIn(npmCache: string, names: readonly string[]): Promise<string> {
  for await (const { name } of Deno.readDir(npmCache)) {
    const found = await Promise.all(
      names.map((one) => Deno.stat(`${npmCache}/${name}/${one}`).then(() => true, () => false)),
    );
    if (found.every((isThere) => isThere)) return `${npmCache}/${name}`;
  }
  throw new Error(`No registry in ${npmCache} has ${names.join(", ")}: run deno install`);
}

async function deno(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(spawnProcess, { command: Deno.execPath(), args });
  if (code === 0) return stdout;
  throw new Error(`deno ${args.join(" ")} failed: ${stderr.trim()}`);
}
