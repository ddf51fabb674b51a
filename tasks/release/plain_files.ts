/** The files of a release that are taken as they are. @module */

import { ruleGroups } from "../../dashboard/rules/groups.ts";
import { defaultSettings } from "../../dashboard/rules/settings.ts";
import { ruleFile } from "../../dashboard/rules/yaml.ts";
import { run, spawnProcess } from "../../src/platform/process.ts";
import { readInventory } from "../licences/inventory.ts";
import type { Origin } from "./origin.ts";
import { billOfMaterials } from "./sbom.ts";

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
    [`nodeping-${version}-sbom.cdx.json`, `${JSON.stringify(sbom, undefined, 1)}\n`],
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
