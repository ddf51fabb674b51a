/**
 * Makes the two programs: dist/nodeping, with broad permissions, for people, the plugin and the
 * demo; and dist/image/nodeping, with the narrowest, for the image. The same source and the same
 * Deno make the same bytes.
 *
 * `--targets linux-amd64,linux-arm64` makes those of the named platforms instead, with the platform's
 * name at the end: dist/nodeping-linux-arm64.
 *
 * DENO names the compiler, where it is not the Deno that runs this; DENORT_BIN the runtime to
 * embed, where Deno's download site is out of reach. Its version must equal the compiler's, and its
 * platform the target's.
 *
 * @module
 */

import { agentFlags } from "../src/agent/settings.ts";
import { flagHelp, flagsOf, parseFlags } from "../src/flags.ts";
import { run, spawnProcess } from "../src/platform/process.ts";
import { targetsFlag } from "./platforms.ts";
import type { Platform } from "./platforms.ts";
import { errorMessage } from "../src/platform/terminal.ts";

/** What the settings of the agent, and the sync in the cluster, are read from. */
const imageVariables: readonly string[] = [
  ...flagsOf(agentFlags).flatMap(({ variable }) => variable === undefined ? [] : [variable]),
  ...["KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"],
];

/** Deno opens /proc and /sys to --allow-all alone, so the image's program has to do without. */
export const imagePermissions: readonly string[] = [
  "--allow-run=/usr/bin/fping",
  "--allow-read=/config,/node-exporter-textfile,/var/run/secrets/kubernetes.io/serviceaccount",
  "--allow-write=/node-exporter-textfile",
  `--allow-env=${imageVariables.join()}`,
  "--allow-net",
  // The agent probes no address of its own machine.
  "--allow-sys=networkInterfaces",
];

/**
 * The agent lives for months and has little to compute: its heap grows in small steps, its young
 * generation stays small, and nothing is compiled that takes V8's slowest compiler 10 to 100 ms of
 * another thread to save a few ms a day. Measured with deno 2.7.11: the other threads take 0.4 ms of CPU
 * a second instead of 1.2 at 100 destinations; 85 MB resident instead of 92 to 103 at 1,000. With no
 * threads for V8 at all it is 95 MB at 100.
 */
export const imageRuntime = "--v8-flags=--memory-saver-mode,--max-opt=2,--max-semi-space-size=2";

const bundleDirectory = "dist/bundle";
const sourceDirectory = "dist/source";

/** Builds for the platforms, for this machine when none is named. Throws where it cannot. */
export async function build(targets: readonly Platform[]): Promise<void> {
  await Deno.remove(bundleDirectory, { recursive: true }).catch(() => undefined);
  await bundle();
  if (targets.length === 0) await compileBoth("", []);
  for (const { name, target } of targets) await compileBoth(`-${name}`, ["--target", target]);
}

/**
 * A compiled program keeps all that it embeds in memory, so only what is imported goes in; and the
 * Kubernetes client goes into a chunk of its own, which the agent never loads.
 */
async function bundle(): Promise<void> {
  const config = await copySource();
  const flags = ["--quiet", "--platform", "deno", "--code-splitting", "--minify"];
  const places = ["--config", config, "--node-modules-dir=auto", "--outdir", bundleDirectory];
  const entry = `${sourceDirectory}/main.ts`;
  await succeed(Deno.execPath(), ["bundle", ...flags, ...places, entry]);
  await Deno.remove(sourceDirectory, { recursive: true });
  // deno compile embeds the times of what it embeds.
  for await (const { name } of Deno.readDir(bundleDirectory)) {
    await Deno.utime(`${bundleDirectory}/${name}`, 0, 0);
  }
}

/**
 * The names of a bundle's chunks depend on the paths of what is in them, those of packages, too:
 * beside a copy of the source they are the same wherever the tree and Deno's cache are.
 */
async function copySource(): Promise<string> {
  await Deno.remove(sourceDirectory, { recursive: true }).catch(() => undefined);
  await Deno.mkdir(sourceDirectory, { recursive: true });
  const parts = ["main.ts", "src", "deno.json", "deno.lock"];
  await succeed("cp", ["-R", ...parts, sourceDirectory]);
  return `${sourceDirectory}/deno.json`;
}

async function compileBoth(suffix: string, flags: readonly string[]): Promise<void> {
  await compile(`dist/nodeping${suffix}`, [...flags, "--allow-all"]);
  if (suffix.startsWith("-darwin")) return;
  await compile(`dist/image/nodeping${suffix}`, [...flags, ...imagePermissions, imageRuntime]);
}

async function compile(output: string, flags: readonly string[]): Promise<void> {
  const compiler = Deno.env.get("DENO") ?? Deno.execPath();
  const constant = ["--quiet", "--no-check", "--no-lock", "--no-config", "--no-prompt"];
  const embedded = ["--include", bundleDirectory, `${bundleDirectory}/main.js`];
  await succeed(compiler, ["compile", ...constant, ...flags, "--output", output, ...embedded]);
  const { size } = await Deno.stat(output);
  report(`${output}: ${(size / 1e6).toFixed(1)} MB`);
}

async function succeed(command: string, args: readonly string[]): Promise<void> {
  const { code, stderr } = await run(spawnProcess, { command, args });
  if (code === 0) return;
  const remedy = args[0] === "compile"
    ? "\nWhere Deno's download site is out of reach, set DENO and DENORT_BIN: see CONTRIBUTING.md"
    : "";
  const call = [command, ...args].join(" ");
  throw new Error(`Cannot build: "${call}" ended with ${code}\n${stderr.trim()}${remedy}`);
}

function report(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}

if (import.meta.main) {
  const table = { targets: targetsFlag };
  const parsed = parseFlags(table, { args: Deno.args });
  try {
    if (parsed.kind === "help") report(`deno task build [flags]\n${flagHelp(table)}`);
    else if (parsed.kind === "invalid") throw new Error(parsed.problems.join("\n"));
    else await build(parsed.settings.targets ?? []);
  } catch (error) {
    report(errorMessage(error));
    Deno.exit(1);
  }
}
