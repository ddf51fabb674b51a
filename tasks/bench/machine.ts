/** What the numbers were taken on. @module */

import { detectFping } from "../../src/fping/arguments.ts";
import { spawnProcess } from "../../src/platform/process.ts";
import { version } from "../../src/version.ts";

/** Machine, versions and load, a line each. */
export async function describeMachine(fpings: readonly string[]): Promise<string> {
  const cpu = /^model name\s*: (.*)$/m.exec(await Deno.readTextFile("/proc/cpuinfo"))?.[1];
  const kernel = (await Deno.readTextFile("/proc/sys/kernel/osrelease")).trim();
  const versions = await Promise.all(
    fpings.map(async (fping) =>
      (await detectFping(spawnProcess, fping, new AbortController().signal)).version
    ),
  );
  return `  machine   ${navigator.hardwareConcurrency} x ${
    cpu ?? "unknown processor"
  }, Linux ${kernel}
  versions  nodeping ${version}, fping ${versions.join(" and ")}, deno ${Deno.version.deno} (bench)
  load      ${loadText()}
`;
}

/** The load averages of 1, 5 and 15 minutes. */
export function loadText(): string {
  return Deno.loadavg().map((load) => load.toFixed(2)).join(" ");
}
