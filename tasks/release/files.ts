/** What a release is made of: programs, chart, dashboard, rules, and where it is published. @module */

import { parseDocument } from "yaml";
import { ruleFile, ruleGroups } from "../../dashboard/rules/groups.ts";
import { defaultSettings } from "../../dashboard/rules/rule.ts";
import { run, spawnProcess } from "../../src/platform/process.ts";
import { packFolder } from "../archive.ts";
import { readInventory } from "../licences/packages.ts";
import { billOfMaterials } from "./sbom.ts";

/** The addresses of a release. */
export interface Origin {
  /** The repository's page. */
  readonly source: string;
  /** Registry and repository of the image, as the chart's values have them. */
  readonly image: { readonly registry: string; readonly repository: string };
  /** The runbooks of the released version; an alert's name follows as a fragment. */
  readonly runbookUrl: string;
}

/**
 * The addresses for a repository "OWNER/NAME" on GitHub, whose packages are in ghcr.io: the one
 * setting from which all follow. The registry wants lower case. Throws a RangeError otherwise.
 */
export function originOf(repository: string, version: string): Origin {
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository)) {
    throw new RangeError(`Repository "${repository}" is not of the form OWNER/NAME`);
  }
  const source = `https://github.com/${repository}`;
  return {
    source,
    image: { registry: "ghcr.io", repository: repository.toLowerCase() },
    runbookUrl: `${source}/blob/v${version}/docs/alerts.md`,
  };
}

/** What {@linkcode packPrograms} works with. */
export interface ProgramOptions {
  /** Root of the source tree. */
  readonly root: string;
  readonly version: string;
  /** Paths of the programs, by platform ("linux-amd64"). */
  readonly programs: ReadonlyMap<string, string>;
  /** Receives the archives. */
  readonly target: string;
  /** Seconds since 1970 that every file carries. */
  readonly time: number;
}

/** Makes nodeping-program-VERSION-PLATFORM.tar.gz of each, with the licences; resolves with their paths. */
export async function packPrograms(options: ProgramOptions): Promise<readonly string[]> {
  const { root, version, programs, target, time } = options;
  const folder = `nodeping-program-${version}`;
  const archives: string[] = [];
  for (const [platform, program] of programs) {
    const staging = await Deno.makeTempDir();
    try {
      await Deno.mkdir(`${staging}/${folder}`);
      await Deno.copyFile(program, `${staging}/${folder}/nodeping`);
      for (const text of ["LICENSE", "THIRD_PARTY_LICENSES"]) {
        await Deno.copyFile(`${root}/${text}`, `${staging}/${folder}/${text}`);
      }
      const archive = `${target}/${folder}-${platform}.tar.gz`;
      await packFolder(staging, folder, archive, time);
      archives.push(archive);
    } finally {
      await Deno.remove(staging, { recursive: true });
    }
  }
  return archives;
}

/** What {@linkcode packageChart} works with. */
export interface ChartOptions {
  /** Root of the source tree. */
  readonly root: string;
  readonly version: string;
  /** Where the release is published; undefined leaves the values as they are. */
  readonly origin: Origin | undefined;
  /** Helm's program. */
  readonly helm: string;
  /** Receives the package. */
  readonly target: string;
  /** Seconds since 1970 that every file carries. */
  readonly time: number;
}

/**
 * Makes nodeping-VERSION.tgz; resolves with its path. Helm checks the chart and chooses its files; but
 * Helm 3 writes the clock's time into the package, so that it is packed anew.
 */
export async function packageChart(options: ChartOptions): Promise<string> {
  const { root, version, origin, helm, target, time } = options;
  const staging = await Deno.makeTempDir();
  try {
    const chart = `${staging}/chart`;
    await succeed("cp", "-R", `${root}/chart`, chart);
    if (origin !== undefined) await setOrigin(chart, origin);
    await succeed(helm, "package", chart, "--destination", staging);
    await succeed("tar", "-xzf", `${staging}/nodeping-${version}.tgz`, "-C", staging);
    const archive = `${target}/nodeping-${version}.tgz`;
    await packFolder(staging, "nodeping", archive, time);
    return archive;
  } finally {
    await Deno.remove(staging, { recursive: true });
  }
}

/** The values of a release point at what it publishes, and so does the chart's own page. */
async function setOrigin(chart: string, { source, image, runbookUrl }: Origin): Promise<void> {
  await edit(`${chart}/values.yaml`, [
    [["image", "registry"], image.registry],
    [["image", "repository"], image.repository],
    [["prometheusRule", "runbookUrl"], runbookUrl],
  ]);
  await edit(`${chart}/Chart.yaml`, [[["home"], source], [["sources"], [source]]]);
}

async function edit(
  file: string,
  changes: readonly (readonly [path: readonly string[], value: unknown])[],
): Promise<void> {
  const document = parseDocument(await Deno.readTextFile(file));
  for (const [path, value] of changes) {
    if (path.length > 1 && !document.hasIn(path)) {
      throw new Error(`${file} has no ${path.join(".")}`);
    }
    document.setIn(path, value);
  }
  await Deno.writeTextFile(file, document.toString({ lineWidth: 0 }));
}

async function succeed(command: string, ...args: readonly string[]): Promise<void> {
  const { code, stderr } = await run(spawnProcess, { command, args }).catch((cause: unknown) => {
    throw new Error(`Cannot run "${command}": set HELM to Helm's path`, { cause });
  });
  if (code !== 0) throw new Error(`"${[command, ...args].join(" ")}" failed: ${stderr.trim()}`);
}

/** What {@linkcode plainFiles} works with. */
export interface PlainFileOptions {
  /** Root of the source tree. */
  readonly root: string;
  readonly version: string;
  /** Where the release is published; undefined leaves its addresses out. */
  readonly origin: Origin | undefined;
  /** Seconds since 1970 that the bill of materials carries. */
  readonly time: number;
}

/** Dashboard and rules for those who use no Helm, and the bill of materials: texts by file name. */
export async function plainFiles(
  { root, version, origin, time }: PlainFileOptions,
): Promise<ReadonlyMap<string, string>> {
  const rules = ruleGroups({ ...defaultSettings, runbookUrl: origin?.runbookUrl ?? "" });
  const sbom = await billOfMaterials({
    ...{ version, time, source: origin?.source },
    deno: await compilerVersion(),
    inventory: await readInventory(root),
  });
  const dashboard = await Deno.readTextFile(`${root}/chart/dashboards/nodeping.json`);
  return new Map([
    [`nodeping-${version}-dashboard.json`, dashboard],
    [`nodeping-${version}-rules.yaml`, ruleFile(rules)],
    [`nodeping-${version}-sbom.cdx.json`, sbom],
  ]);
}

/** Version of the Deno that compiles, whose runtime is embedded. */
async function compilerVersion(): Promise<string> {
  const command = Deno.env.get("DENO") ?? Deno.execPath();
  const { stdout } = await run(spawnProcess, { command, args: ["--version"] });
  const found = /^deno (\S+)/.exec(stdout)?.[1];
  if (found === undefined) throw new Error(`"${command} --version" names no version`);
  return found;
}
