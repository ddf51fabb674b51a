/** Files that people and programs read: the only place that writes and removes them. @module */

import { open } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Writes and removes files. */
export interface FileWriter {
  /** Puts the parts together in place of the file in one step, readable by everybody. */
  readonly replace: (path: string, parts: AsyncIterable<Uint8Array>) => Promise<void>;
  /** Removes the file; nothing when there is none. */
  readonly remove: (path: string) => Promise<void>;
}

/**
 * Writes by a temporary file beside the target and a rename, so that no reader ever sees half a
 * file. The temporary name is fixed, so that what a killed program left is overwritten, and has
 * another ending than the target, since node-exporter reads every *.prom. It is made anew each
 * time, and its mode set on the open file: a link under its name, laid at any moment by whoever may
 * write in the directory, must not lead elsewhere.
 */
export const systemFileWriter: FileWriter = {
  replace: async (path: string, parts: AsyncIterable<Uint8Array>): Promise<void> => {
    const temporary = `${path}.tmp`;
    try {
      await removeIfThere(temporary);
      await writeParts(temporary, parts);
      await Deno.rename(temporary, path);
    } catch (error) {
      await removeIfThere(temporary).catch(() => undefined);
      throw error;
    }
  },
  remove: removeIfThere,
};

/** Each write is done by another thread, which costs as much as the writing of so many bytes. */
const minWriteBytes = 262_144;

/** Small parts together, and never the whole at once; whatever the umask, everybody may read. */
async function writeParts(path: string, parts: AsyncIterable<Uint8Array>): Promise<void> {
  // Its error says what is missing; that of node:fs is of no class.
  await Deno.stat(dirname(path));
  const file = await open(path, "wx");
  try {
    for await (const part of gathered(parts)) {
      for (let rest = part; rest.length > 0;) {
        rest = rest.subarray((await file.write(rest)).bytesWritten);
      }
    }
    await file.chmod(0o644);
  } finally {
    await file.close();
  }
}

/** What is yielded is overwritten when the next is asked for. */
async function* gathered(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(minWriteBytes);
  let length = 0;
  for await (const part of parts) {
    if (length + part.length > buffer.length) {
      yield buffer.subarray(0, length);
      length = 0;
    }
    if (part.length > buffer.length) {
      yield part;
    } else {
      buffer.set(part, length);
      length += part.length;
    }
  }
  yield buffer.subarray(0, length);
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/**
 * Where the file is that a replacement takes the place of: a link is followed. Undefined for what
 * is no regular file: a terminal or pipe such as /dev/stdout would be gone, for all programs. A
 * directory, and what cannot be looked at, is left to who opens it.
 */
export async function regularFile(path: string): Promise<string | undefined> {
  try {
    const { isFile, isDirectory } = await Deno.stat(path);
    return isFile || isDirectory ? await Deno.realPath(path) : undefined;
  } catch {
    return path;
  }
}

/**
 * Changes an existing file in one step; its mode stays, and its owner where that is permitted; a
 * link is followed. A file FILE.lock beside it holds others off, as kubectl's does: throws
 * Deno.errors.AlreadyExists while there is one.
 */
export async function rewriteFile(
  path: string,
  change: (text: string) => string,
  chown = Deno.chown,
): Promise<void> {
  const lock = `${path}.lock`;
  (await Deno.open(lock, { write: true, createNew: true })).close();
  try {
    const target = await Deno.realPath(path);
    const temporary = `${target}.tmp`;
    const text = change(await Deno.readTextFile(target));
    try {
      await removeIfThere(temporary);
      await Deno.writeTextFile(temporary, text, { createNew: true, mode: 0o600 });
      await copyOwnerAndMode(target, temporary, chown);
      await Deno.rename(temporary, target);
    } catch (error) {
      await removeIfThere(temporary).catch(() => undefined);
      throw error;
    }
  } finally {
    await removeIfThere(lock);
  }
}

/**
 * Of what root replaces: its owner could not read it any more. Others may not give a file away, at
 * most to a group of theirs; what its group could do is for no other group.
 */
async function copyOwnerAndMode(from: string, to: string, chown: typeof Deno.chown): Promise<void> {
  const { mode, uid, gid } = await Deno.stat(from);
  const made = await Deno.stat(to);
  const isKept = uid === made.uid && gid === made.gid ||
    await isPermitted(chown(to, uid, gid)) || await isPermitted(chown(to, null, gid));
  if (mode !== null) await Deno.chmod(to, mode & (isKept ? 0o777 : 0o707));
}

async function isPermitted(work: Promise<void>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) return false;
    throw error;
  }
}

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
