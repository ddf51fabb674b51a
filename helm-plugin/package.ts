/**
 * `deno task plugin`: the plugin's archive of each platform whose program stands in dist/, and one
 * file of checksums. The same input makes the same bytes.
 *
 * @module
 */

import { version } from "../src/version.ts";
import { run, spawnProcess } from "../src/shell/spawn.ts";

/** Platforms by the name in the archive, and where their program stands in dist/. */
const platforms: readonly { readonly name: string; readonly programs: readonly string[] }[] = [
  ...["linux-amd64", "linux-arm64", "darwin-amd64", "darwin-arm64"].map((name) => ({
    name,
    programs: [`nodeping-${name}`, ...(name === hostPlatform() ? ["nodeping"] : [])],
  })),
];

const pluginFiles = [
  "plugin.yaml",
  "completion.yaml",
  "plugin.complete",
  "launcher.sh",
  "install.sh",
];

/** What {@linkcode packagePlugin} works with. */
export interface PackageOptions {
  /** Root of the source tree. */
  readonly root: string;
  /** Where the programs stand. */
  readonly programs: string;
  /** Receives the archives. */
  readonly target: string;
  readonly say: (message: string) => void;
}

/** Makes the archives; resolves with their paths. Throws when there is no program at all. */
export async function packagePlugin(options: PackageOptions): Promise<string[]> {
  const { root, programs, target, say } = options;
  await Deno.mkdir(target, { recursive: true });
  const archives: string[] = [];
  for (const { name, programs: names } of platforms) {
    const program = await firstFile(names.map((one) => `${programs}/${one}`));
    if (program === undefined) {
      say(`No program for ${name} in ${programs}: skipped`);
      continue;
    }
    const archive = `${target}/nodeping-${version}-${name}.tgz`;
    await makeArchive(root, program, archive);
    say(`${archive} (${((await Deno.stat(archive)).size / 1e6).toFixed(1)} MB)`);
    archives.push(archive);
  }
  if (archives.length === 0) {
    throw new Error(`No program in ${programs}: run deno task build first`);
  }
  const sums = await Promise.all(archives.map(checksumLine));
  await Deno.writeTextFile(`${target}/nodeping-${version}-SHA256SUMS`, sums.join(""));
  return archives;
}

function hostPlatform(): string {
  return `${Deno.build.os}-${Deno.build.arch === "x86_64" ? "amd64" : "arm64"}`;
}

async function firstFile(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    if (await Deno.stat(path).then((info) => info.isFile, () => false)) return path;
  }
  return undefined;
}

/** Helm 4 wants one folder named as the archive up to its version. */
async function makeArchive(root: string, program: string, archive: string): Promise<void> {
  const staging = await Deno.makeTempDir();
  try {
    const folder = `${staging}/nodeping`;
    await Deno.mkdir(`${folder}/bin`, { recursive: true });
    for (const file of pluginFiles) {
      await Deno.copyFile(`${root}/helm-plugin/${file}`, `${folder}/${file}`);
    }
    await Deno.copyFile(`${root}/LICENSE`, `${folder}/LICENSE`);
    await Deno.copyFile(program, `${folder}/bin/nodeping`);
    const { code, stderr } = await run(spawnProcess, {
      command: "sh",
      args: [
        "-c",
        'cd "$1" && chmod -R u=rwX,go=rX nodeping && tar --sort=name --mtime=@0 --owner=0 --group=0 ' +
        '--numeric-owner -cf - nodeping | gzip -n > "$2"',
        ...["sh", staging, archive],
      ],
    });
    if (code !== 0) throw new Error(`Cannot make ${archive}: ${stderr}`);
  } finally {
    await Deno.remove(staging, { recursive: true });
  }
}

async function checksumLine(path: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
  return `${hex(new Uint8Array(digest))}  ${path.split("/").at(-1)}\n`;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

if (import.meta.main) {
  const root = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
  const encoder = new TextEncoder();
  await packagePlugin({
    root,
    programs: `${root}/dist`,
    target: `${root}/dist/plugin`,
    say: (message) => void Deno.stdout.writeSync(encoder.encode(`${message}\n`)),
  });
}
