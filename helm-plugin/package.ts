/**
 * `deno task plugin`: the plugin's archive of each platform whose program stands in dist/, and one
 * file of checksums. The same input makes the same bytes.
 *
 * @module
 */

import { version } from "../src/version.ts";
import { checksums, packFolder } from "../tasks/archive.ts";
import { hostPlatform, platforms } from "../tasks/platforms.ts";
import { sourceState } from "../tasks/archive.ts";

/** Files of an archive, by their place in the tree. */
const files = [
  "helm-plugin/plugin.yaml",
  "helm-plugin/completion.yaml",
  "helm-plugin/plugin.complete",
  "helm-plugin/launcher.sh",
  "helm-plugin/install.sh",
  "LICENSE",
  "THIRD_PARTY_LICENSES",
] as const;

/** What {@linkcode packagePlugin} works with. */
export interface PackageOptions {
  /** Root of the source tree. */
  readonly root: string;
  /** Paths of the programs, by platform ("linux-amd64"). */
  readonly programs: ReadonlyMap<string, string>;
  /** Directory that receives the archives. */
  readonly target: string;
  /** Seconds since 1970 that every file of the archives carries. */
  readonly time: number;
}

/** Makes an archive for each program; resolves with their paths. */
export async function packagePlugin(options: PackageOptions): Promise<readonly string[]> {
  const { root, programs, target, time } = options;
  await Deno.mkdir(target, { recursive: true });
  const archives: string[] = [];
  for (const [platform, program] of programs) {
    const archive = `${target}/nodeping-${version}-${platform}.tgz`;
    await makeArchive(root, program, archive, time);
    archives.push(archive);
  }
  return archives;
}

/** Helm 4 wants one folder named as the archive up to its version. */
async function makeArchive(
  root: string,
  program: string,
  archive: string,
  time: number,
): Promise<void> {
  const staging = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${staging}/nodeping/bin`, { recursive: true });
    for (const file of files) {
      await Deno.copyFile(`${root}/${file}`, `${staging}/nodeping/${file.split("/").at(-1)}`);
    }
    await Deno.copyFile(program, `${staging}/nodeping/bin/nodeping`);
    await packFolder(staging, "nodeping", archive, time);
  } finally {
    await Deno.remove(staging, { recursive: true });
  }
}

/** The programs that stand in the directory, as `deno task build` names them. */
async function findPrograms(directory: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const { name } of platforms) {
    const file = name === hostPlatform()?.name ? "nodeping" : `nodeping-${name}`;
    const path = `${directory}/${file}`;
    if (await Deno.stat(path).then((info) => info.isFile, () => false)) found.set(name, path);
    else say(`Left out ${name}, which is not built: deno task build --targets ${name}`);
  }
  return found;
}

function say(message: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${message}\n`));
}

async function main(root: string): Promise<number> {
  const programs = await findPrograms(`${root}/dist`);
  if (programs.size === 0) {
    say(`No program in ${root}/dist: run deno task build first`);
    return 1;
  }
  const target = `${root}/dist/plugin`;
  const { time } = await sourceState();
  const archives = await packagePlugin({ root, programs, target, time });
  for (const archive of archives) {
    say(`${archive} (${((await Deno.stat(archive)).size / 1e6).toFixed(1)} MB)`);
  }
  await Deno.writeTextFile(`${target}/nodeping-${version}-SHA256SUMS`, await checksums(archives));
  return 0;
}

if (import.meta.main) {
  Deno.exit(await main(new URL("..", import.meta.url).pathname.replace(/\/$/, "")));
}
