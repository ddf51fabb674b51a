/** The npm packages of deno.lock: their licences, and which of them the programs embed. @module */

import { run, spawnProcess } from "../../src/platform/process.ts";

/** One package of the lock. */
export interface Package {
  /** Name as npm has it: "@kubernetes/client-node". */
  readonly name: string;
  readonly version: string;
  /** Licence as its package.json has it, an SPDX identifier: "MIT". */
  readonly licence: string;
  /** Its licence files (and NOTICE), one after the other; empty where it carries none. */
  readonly licenceText: string;
  /** Where its source is, as its package.json says; empty where it does not. */
  readonly homepage: string;
  /** SHA-512 of its archive, in hexadecimal digits, from the lock. */
  readonly sha512: string;
  /** Names of the packages that it depends on, sorted. */
  readonly dependencies: readonly string[];
}

interface Lock {
  readonly npm: Readonly<
    Record<string, { readonly integrity: string; readonly dependencies?: readonly string[] }>
  >;
}

interface Manifest {
  readonly license?: unknown;
  readonly homepage?: string;
  readonly repository?: string | { readonly url: string };
}

/**
 * Reads the packages of a lock from Deno's cache of npm packages, sorted by name. Throws where one
 * is not in the cache, or names no licence, or where the lock has two versions of one name: nothing
 * here would tell them apart.
 */
export async function readPackages(lockText: string, cache: string): Promise<readonly Package[]> {
  const { npm } = JSON.parse(lockText) as Lock;
  const packages: Package[] = [];
  for (const [key, { integrity, dependencies = [] }] of Object.entries(npm)) {
    const { name, version } = readKey(key);
    if (packages.some((other) => other.name === name)) {
      throw new Error(`deno.lock has two versions of "${name}"`);
    }
    const directory = `${cache}/${name}/${version}`;
    const manifest = await readManifest(directory, `${name}@${version}`);
    packages.push({
      name,
      version,
      licence: readLicence(manifest, `${name}@${version}`),
      licenceText: await readLicenceText(directory),
      homepage: manifest.homepage ?? repositoryOf(manifest),
      sha512: Uint8Array.fromBase64(integrity.replace("sha512-", "")).toHex(),
      dependencies: dependencies.map((dependency) => readKey(dependency).name).sort(),
    });
  }
  return packages.sort((a, b) => a.name < b.name ? -1 : 1);
}

/** "@jsep-plugin/regex@1.1.0_jsep@1.6.0" is version 1.1.0; "ws" in dependencies has none. */
function readKey(key: string): { name: string; version: string } {
  const [, name = key, version = ""] = /^(@?[^@]+)@([^_]+)/.exec(key) ?? [];
  return { name, version };
}

async function readManifest(directory: string, name: string): Promise<Manifest> {
  try {
    return JSON.parse(await Deno.readTextFile(`${directory}/package.json`)) as Manifest;
  } catch (cause) {
    throw new Error(`Cannot read package ${name}: run deno install first`, { cause });
  }
}

function readLicence({ license }: Manifest, name: string): string {
  if (typeof license === "string" && license !== "") return license;
  throw new Error(`Package ${name} names no licence in its package.json`);
}

function repositoryOf({ repository = "" }: Manifest): string {
  const url = typeof repository === "string" ? repository : repository.url;
  return url.replace(/^git\+/, "").replace(/\.git$/, "");
}

async function readLicenceText(directory: string): Promise<string> {
  const texts: string[] = [];
  for (
    const { name } of [...Deno.readDirSync(directory)].sort((a, b) => a.name < b.name ? -1 : 1)
  ) {
    if (!/^((un)?licen[cs]e|copying|notice)/i.test(name)) continue;
    texts.push((await Deno.readTextFile(`${directory}/${name}`)).replaceAll("\r\n", "\n").trim());
  }
  return texts.join("\n\n");
}

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
    const page = `${root}/src/ui/page`;
    for (
      const args of [
        ["--platform", "deno", "--code-splitting", "--outdir", directory, `${root}/main.ts`],
        // The page's script stands within the program as a text.
        ["--platform", "browser", "--config", `${page}/deno.json`]
          .concat("--output", `${directory}/page.js`, `${page}/main.tsx`),
      ]
    ) {
      const { code, stderr } = await run(spawnProcess, {
        command: Deno.execPath(),
        args: ["bundle", "--quiet", ...args],
      });
      if (code !== 0) throw new Error(`Cannot bundle ${args.at(-1)}: ${stderr.trim()}`);
    }
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
