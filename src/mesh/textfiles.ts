/** Reads a directory of textfiles, one of each agent; their totals are the window. @module */

import { agentProblems, buildMesh } from "./mesh.ts";
import type { MeshReading } from "./mesh.ts";
import { isReported, parseExposition, sourceReports } from "./source_report.ts";
import type { SourceReport } from "./source_report.ts";
import { maxAnswerBytes } from "../kubernetes/client.ts";
import { errorMessage } from "../platform/terminal.ts";

/** The file system, as far as it is read. */
export interface TextfileReader {
  /** Names of the entries of a directory. */
  readonly list: (path: string) => Promise<readonly string[]>;
  /** Text of the file; rejects when it cannot be read. */
  readonly readText: (path: string) => Promise<string>;
}

/** Reads from the disk. */
export const diskTextfileReader: TextfileReader = {
  list: async (path: string): Promise<readonly string[]> =>
    (await Array.fromAsync(Deno.readDir(path))).map((entry) => entry.name),
  readText: async (path: string): Promise<string> => {
    // A pipe or a link to /dev/zero, laid by whoever may write there, would be read without end.
    const { isFile, size } = await Deno.stat(path);
    if (!isFile) throw new Error("It is no regular file");
    if (size > maxAnswerBytes) {
      throw new Error(`It has ${size} bytes: at most ${maxAnswerBytes} are read`);
    }
    return await Deno.readTextFile(path);
  },
};

/**
 * Reads every *.prom of the directory. A file that cannot be read is a problem, and its node is
 * silent when others probe it; a file without nodeping's metrics (another program's) is passed over.
 * Throws when the directory cannot be read or no file has anything to say.
 */
export async function readTextfiles(
  directory: string,
  reader: TextfileReader,
): Promise<MeshReading> {
  const names = (await list(directory, reader)).filter((name) => name.endsWith(".prom")).sort();
  const problems: string[] = [];
  const reports = new Map<string, SourceReport>();
  for (const name of names) {
    const path = `${directory}/${name}`;
    try {
      for (
        const report of sourceReports(parseExposition(await reader.readText(path), isReported))
      ) {
        const known = reports.get(report.source);
        if (known) problems.push(`Node "${report.source}" has two textfiles: the newer one counts`);
        if (known && (known.writtenSeconds ?? 0) > (report.writtenSeconds ?? 0)) continue;
        reports.set(report.source, report);
      }
    } catch (error) {
      problems.push(`Cannot read ${path}: ${errorMessage(error)}`);
    }
  }
  if (reports.size === 0) {
    throw new Error(
      [`No textfile of nodeping in "${directory}": copy the agents' *.prom there`, ...problems]
        .join("\n"),
    );
  }
  const read = [...reports.values()];
  return {
    mesh: buildMesh(read, [], "it has no textfile"),
    problems: [...problems, ...agentProblems(read)],
  };
}

async function list(directory: string, reader: TextfileReader): Promise<readonly string[]> {
  try {
    return await reader.list(directory);
  } catch (error) {
    const detail = errorMessage(error);
    throw new Error(`Cannot read the directory "${directory}" of --textfiles: ${detail}`, {
      cause: error,
    });
  }
}
