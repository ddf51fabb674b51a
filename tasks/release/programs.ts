/** The programs' archives, for those who use no Helm. @module */

import { packFolder } from "../archive.ts";

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
