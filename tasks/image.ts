/**
 * Builds the image with buildah, writes it as a docker-archive and prints its size.
 *
 * Everything is built from the Dockerfile, unless the environment replaces a part of it:
 * NODEPING_IMAGE (the name, localhost/nodeping:VERSION as in the chart), NODEPING_IMAGE_TAR (dist/nodeping-image.tar),
 * BASE (an image), BUILD (a directory with image/nodeping, such as dist), FPING (a directory with
 * usr/bin/fping).
 *
 * @module
 */

import { dirname } from "node:path";
import { run, spawnProcess } from "../src/platform/process.ts";
import { version } from "../src/version.ts";
import { sourceState } from "./archive.ts";

const name = Deno.env.get("NODEPING_IMAGE") ?? `localhost/nodeping:${version}`;
const archive = Deno.env.get("NODEPING_IMAGE_TAR") ?? "dist/nodeping-image.tar";

/** The arguments of `buildah build`, from the variables that replace parts of the Dockerfile. */
export function buildArguments(
  env: (name: string) => string | undefined,
  revision: string,
  created: string,
): string[] {
  const given = (variable: string, argument: (value: string) => string[]): string[] => {
    const value = env(variable);
    return value ? argument(value) : [];
  };
  return [
    ...given("BASE", (image) => ["--build-arg", `BASE=${image}`]),
    ...given("BUILD", (directory) => ["--build-context", `build=${directory}`]),
    ...given("FPING", (directory) => ["--build-context", `fping=${directory}`]),
    ...["--build-arg", `VERSION=${version}`],
    ...["--build-arg", `REVISION=${revision}`],
    ...["--build-arg", `CREATED=${created}`],
  ];
}

async function buildah(...args: string[]): Promise<string> {
  const result = await run(spawnProcess, { command: "buildah", args });
  if (result.code === 0) return result.stdout;
  throw new Error(`buildah ${args[0]} failed: ${result.stderr.trim()}`);
}

async function main(): Promise<void> {
  const { revision, time } = await sourceState();
  const created = new Date(time * 1000).toISOString();
  const parts = buildArguments((variable) => Deno.env.get(variable), revision, created);
  // chroot: works as root without a container runtime, and in a container. The timestamp is that of
  // the layers' files, too: the same commit and bases make the same image.
  const fixed = ["--isolation", "chroot", "--timestamp", `${time}`];
  await buildah("build", ...fixed, ...parts, "--tag", name, ".");
  await Deno.mkdir(dirname(archive), { recursive: true });
  await Deno.remove(archive).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  await buildah("push", "--quiet", name, `docker-archive:${archive}:${name}`);
  const [image] = JSON.parse(await buildah("images", "--json", name)) as { size: string }[];
  const { size } = await Deno.stat(archive);
  // deno-lint-ignore no-console
  console.log(`${name}: ${image?.size}; ${archive}: ${(size / 1e6).toFixed(1)} MB`);
}

if (import.meta.main) await main();
