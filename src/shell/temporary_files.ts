/** Files for another program, for the time of one call, which nobody else may read. @module */

import { dirname, join } from "node:path";

/** A file by its path inside the directory. */
export interface TemporaryFile {
  /** Below the directory; folders on the way are made. */
  readonly path: string;
  /** Content. */
  readonly bytes: Uint8Array;
}

/** Writes the files into a new directory (mode 0700), which is removed when `use` is done. */
export async function withTemporaryFiles<T>(
  files: readonly TemporaryFile[],
  use: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = await Deno.makeTempDir({ prefix: "nodeping-" });
  try {
    for (const { path, bytes } of files) {
      const target = join(directory, path);
      await Deno.mkdir(dirname(target), { recursive: true });
      await Deno.writeFile(target, bytes, { mode: 0o600 });
    }
    return await use(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
