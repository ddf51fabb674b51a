/** The plugin as a user of Helm has it: `helm nodeping ...`. @module */

import assert from "node:assert/strict";
import { run, spawnProcess } from "../../src/platform/process.ts";
import type { Finished } from "../../src/platform/process.ts";
import type { Helm } from "../chart/helm.ts";

const pluginDirectory = new URL("../../helm-plugin", import.meta.url).pathname;

/** Runs `helm nodeping` with these arguments to its end, whatever its exit code. */
export type Nodeping = (...args: readonly string[]) => Promise<Finished>;

/** Installs the plugin into a home of its own, which is removed afterwards. */
export async function withPlugin(
  helm: Helm,
  namespace: string,
  test: (nodeping: Nodeping) => Promise<void>,
): Promise<void> {
  const home = await Deno.makeTempDir({ prefix: "nodeping-helm-" });
  const env = Object.fromEntries(
    ["CACHE", "CONFIG", "DATA"].map((name) => [`HELM_${name}_HOME`, `${home}/${name}`]),
  );
  const start = (...args: readonly string[]): Promise<Finished> =>
    run(spawnProcess, { command: helm.command, args, env });
  try {
    const installed = await start("plugin", "install", pluginDirectory);
    assert.equal(installed.code, 0, installed.stderr);
    await test((...args) => start("nodeping", ...args, "--namespace", namespace));
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}
