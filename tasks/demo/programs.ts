/** The programs that the demo runs: the system's, installed on Debian where missing, and nodeping. @module */

import { fileURLToPath } from "node:url";
import { run } from "../../src/platform/process.ts";
import type { Finished, Spawn } from "../../src/platform/process.ts";
import { version } from "../../src/version.ts";
import { findProgram, isFile } from "../../tests/needing.ts";
import { errorMessage } from "../../src/platform/terminal.ts";

/** Debian's package of each program, or file, that is needed. */
const packageOf = {
  fping: "fping",
  ip: "iproute2",
  nft: "nftables",
  // Without it fping exits 4 without a word.
  "/etc/protocols": "netbase",
} as const;

/** What the installation is given. */
export interface InstallDeps {
  readonly spawn: Spawn;
  readonly out: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Installs with apt-get what is missing, after saying so; throws when it cannot. */
export async function installMissing(deps: InstallDeps): Promise<void> {
  const { out } = deps;
  const missing = missingHere();
  if (missing.length === 0) return;
  const packages = missing.map((name) => packageOf[name]).join(" ");
  out(`This machine lacks ${missing.join(", ")}.\n`);
  const apt = findProgram("apt-get");
  if (apt === undefined) {
    throw new Error(
      `There is no apt-get here: install ${packages} (Debian's names) with your package manager`,
    );
  }
  out(`Installing with apt-get: ${packages}\n`);
  const update = await aptGet(deps, apt, ["update"]);
  const install = await aptGet(
    deps,
    apt,
    ["install", "--yes", "--no-install-recommends", ...packages.split(" ")],
  );
  const still = missingHere();
  if (still.length === 0) return void out("Installed.\n\n");
  throw new Error(
    `Cannot install ${packages}: apt-get did not bring ${still.join(", ")}\n` +
      `${failureText("apt-get update", update)}${failureText("apt-get install", install)}` +
      `Install ${packages} yourself and start the demo again`,
  );
}

function missingHere(): (keyof typeof packageOf)[] {
  const names = Object.keys(packageOf) as (keyof typeof packageOf)[];
  return names.filter((name) =>
    name.startsWith("/") ? !isFile(name) : findProgram(name) === undefined
  );
}

async function aptGet(
  { spawn, signal }: InstallDeps,
  command: string,
  args: readonly string[],
): Promise<Finished> {
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  return await run(spawn, { command, args: ["-q", ...args], env }, signal);
}

/** The last lines of what went wrong; an update that reached nothing ends with 0 all the same. */
function failureText(name: string, { code, stderr }: Finished): string {
  const lines = stderr.trim().split("\n").slice(-5);
  return `${name} ended with ${code}:\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

const compiled = fileURLToPath(new URL("../../dist/nodeping", import.meta.url));
const source = fileURLToPath(new URL("../../main.ts", import.meta.url));

/** How nodeping is started on this machine. */
export interface NodepingProgram {
  readonly line: readonly string[];
  /** What it is and why it was chosen, for people. */
  readonly description: string;
}

/**
 * Takes the compiled program where it is there, starts, and is of this version; else the source.
 * Throws when the packages of the source cannot be had.
 */
export async function chooseProgram(
  spawn: Spawn,
  signal: AbortSignal,
  binary: string = compiled,
): Promise<NodepingProgram> {
  const refusal = await refusalOf(binary, spawn, signal);
  if (refusal === undefined) {
    return { line: [binary], description: `${binary}, compiled, version ${version}` };
  }
  await fetchPackages(spawn, signal);
  const flags = ["run", "--allow-all", "--cached-only", "--quiet"];
  return {
    line: [Deno.execPath(), ...flags, source],
    description: `from source with Deno ${Deno.version.deno}, because ${refusal}`,
  };
}

async function refusalOf(
  binary: string,
  spawn: Spawn,
  signal: AbortSignal,
): Promise<string | undefined> {
  const renewal = `"deno task build" makes it`;
  try {
    const { code, stdout } = await run(spawn, { command: binary, args: ["version"] }, signal);
    if (code !== 0) return `${binary} does not start, it ends with ${code} (${renewal})`;
    if (stdout.trim() === `nodeping ${version}`) return undefined;
    return `${binary} is "${stdout.trim()}" and not version ${version} (${renewal})`;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Deno.errors.NotFound) return `there is no ${binary} (${renewal})`;
    const cause = errorMessage(error);
    return `${binary} does not start, ${cause} (${renewal})`;
  }
}

/** Has every package on disk before the agents are in namespaces that reach no registry. */
async function fetchPackages(spawn: Spawn, signal: AbortSignal): Promise<void> {
  const args = ["cache", "--quiet", source];
  const { code, stderr } = await run(spawn, { command: Deno.execPath(), args }, signal);
  if (code === 0) return;
  throw new Error(`Cannot download the packages of deno.lock\n${stderr.trim()}`);
}
