/** The chart's package. @module */

import { parseDocument } from "yaml";
import { run, spawnProcess } from "../../src/platform/process.ts";
import { packFolder } from "../archive.ts";
import type { Origin } from "./origin.ts";

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
