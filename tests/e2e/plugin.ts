/** The plugin as a user of Helm has it: `helm nodeping ...`. @module */

import assert from "node:assert/strict";
import { run, spawnProcess } from "../../src/platform/process.ts";
import type { Finished } from "../../src/platform/process.ts";
import type { Helm } from "../chart/helm.ts";

const pluginDirectory = new URL("../../helm-plugin", import.meta.url).pathname;

/** Runs `helm nodeping` with these arguments to its end, whatever its exit code. */
export type Nodeping = (...args: readonly string[]) => Promise<Finished>;

/** Installs the plugin into a home of its own, which is removed afterwards; gives Helm's environment. */
export async function withPluginHome(
  helm: Helm,
  test: (env: Readonly<Record<string, string>>) => Promise<void>,
): Promise<void> {
  const home = await Deno.makeTempDir({ prefix: "nodeping-helm-" });
  const env = Object.fromEntries(
    ["CACHE", "CONFIG", "DATA"].map((name) => [`HELM_${name}_HOME`, `${home}/${name}`]),
  );
  try {
    const args = ["plugin", "install", pluginDirectory];
    const installed = await run(spawnProcess, { command: helm.command, args, env });
    assert.equal(installed.code, 0, installed.stderr);
    await test(env);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

/** The same, with the plugin itself. */
export function withPlugin(
  helm: Helm,
  namespace: string,
  test: (nodeping: Nodeping) => Promise<void>,
): Promise<void> {
  return withPluginHome(helm, (env) =>
    test((...args) =>
      run(spawnProcess, {
        command: helm.command,
        args: ["nodeping", ...args, "--namespace", namespace],
        env,
      })
    ));
}
