/** The system's programs that the demo needs, and their installation on Debian. @module */

import { run } from "../../src/platform/process.ts";
import type { Finished, Spawn } from "../../src/platform/process.ts";

/** Debian's package of each program, or file, that is needed. */
const packageOf = {
  fping: "fping",
  ip: "iproute2",
  nft: "nftables",
  // Without it fping exits 4 without a word.
  "/etc/protocols": "netbase",
} as const;

/** What the installation is given. */
export interface InstallContext {
  readonly spawn: Spawn;
  readonly out: (text: string) => void;
  /** PATH. */
  readonly path: string;
  readonly signal: AbortSignal;
}

/** Path of a program on PATH or in the system's own directories; undefined when there is none. */
export function findProgram(name: string, path: string): string | undefined {
  if (name.startsWith("/")) return isFile(name) ? name : undefined;
  const directories = [...path.split(":"), "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
  return directories.map((directory) => `${directory}/${name}`).find(isFile);
}

/** Installs with apt-get what is missing, after saying so; throws when it cannot. */
export async function installMissing(context: InstallContext): Promise<void> {
  const { out, path } = context;
  const missing = missingOn(path);
  if (missing.length === 0) return;
  const packages = missing.map((name) => packageOf[name]).join(" ");
  out(`This machine lacks ${missing.join(", ")}.\n`);
  const apt = findProgram("apt-get", path);
  if (apt === undefined) {
    throw new Error(
      `There is no apt-get here: install ${packages} (Debian's names) with your package manager`,
    );
  }
  out(`Installing with apt-get: ${packages}\n`);
  const update = await aptGet(context, apt, ["update"]);
  const install = await aptGet(
    context,
    apt,
    ["install", "--yes", "--no-install-recommends", ...packages.split(" ")],
  );
  const still = missingOn(path);
  if (still.length === 0) return void out("Installed.\n\n");
  throw new Error(
    `Cannot install ${packages}: apt-get did not bring ${still.join(", ")}\n` +
      `${complaint("apt-get update", update)}${complaint("apt-get install", install)}` +
      `Install ${packages} yourself and start the demo again`,
  );
}

function missingOn(path: string): (keyof typeof packageOf)[] {
  const names = Object.keys(packageOf) as (keyof typeof packageOf)[];
  return names.filter((name) => findProgram(name, path) === undefined);
}

async function aptGet(
  { spawn, signal }: InstallContext,
  command: string,
  args: readonly string[],
): Promise<Finished> {
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  return await run(spawn, { command, args: ["-q", ...args], env }, signal);
}

/** The last lines of what went wrong; an update that reached nothing ends with 0 all the same. */
function complaint(name: string, { code, stderr }: Finished): string {
  const lines = stderr.trim().split("\n").slice(-5);
  return `${name} ended with ${code}:\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
