/** Archives and checksums that depend on their content and its commit alone. @module */

import { run, spawnProcess } from "../src/platform/process.ts";

/**
 * Packs the folder of that name in `directory` into a .tar.gz: sorted names, no owners, modes 0644
 * and 0755, one time for all, in seconds since 1970. Throws where GNU tar or gzip fail.
 */
export async function packFolder(
  directory: string,
  folder: string,
  archive: string,
  time: number,
): Promise<void> {
  const { code, stderr } = await run(spawnProcess, {
    command: "sh",
    args: [
      "-c",
      'cd "$1" && chmod -R u=rwX,go=rX "$2" && tar --format=ustar --sort=name --mtime="@$4" ' +
      '--owner=0 --group=0 --numeric-owner -I "gzip -n" -cf "$3" "$2"',
      ...["sh", directory, folder, await absolute(archive), `${time}`],
    ],
  });
  if (code !== 0) throw new Error(`Cannot make ${archive}: ${stderr.trim()}`);
}

/** Lines as sha256sum writes and checks them, sorted by file name. */
export async function checksums(paths: readonly string[]): Promise<string> {
  const byName = paths.map((path) => ({ path, name: path.split("/").at(-1)! }))
    .sort((a, b) => a.name < b.name ? -1 : 1);
  const lines: string[] = [];
  for (const { path, name } of byName) {
    const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
    lines.push(`${new Uint8Array(digest).toHex()}  ${name}\n`);
  }
  return lines.join("");
}

async function absolute(path: string): Promise<string> {
  const parts = path.split("/");
  const name = parts.pop();
  return `${await Deno.realPath(parts.join("/") || ".")}/${name}`;
}

/** The commit a build is made from. */
export interface SourceState {
  /** Commit hash; "unknown" outside of a repository. */
  readonly revision: string;
  /**
   * Seconds since 1970 that artefacts carry in place of the time of their making:
   * SOURCE_DATE_EPOCH (reproducible-builds.org), else the commit's; 0 outside of a repository.
   */
  readonly time: number;
  /** Whether files differ from the commit, so that nobody can make the same again. */
  readonly dirty: boolean;
}

/** Reads the state of the tree in the working directory. */
export async function sourceState(): Promise<SourceState> {
  const [revision = "unknown", committed = "0"] = (await git("log", "-1", "--format=%H %ct"))
    .trim().split(" ").filter((part) => part !== "");
  const time = Number(Deno.env.get("SOURCE_DATE_EPOCH") ?? committed);
  if (!Number.isSafeInteger(time) || time < 0) {
    throw new RangeError(
      `SOURCE_DATE_EPOCH is "${Deno.env.get("SOURCE_DATE_EPOCH")}": write whole seconds since 1970`,
    );
  }
  return { revision, time, dirty: await git("status", "--porcelain") !== "" };
}

/** Standard output; empty where there is no Git or no repository. */
async function git(...args: readonly string[]): Promise<string> {
  try {
    const { code, stdout } = await run(spawnProcess, { command: "git", args });
    return code === 0 ? stdout : "";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
