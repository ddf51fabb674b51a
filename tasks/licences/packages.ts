/** The npm packages of deno.lock, with what their own files say of their licence. @module */

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
