/**
 * Makes the two programs: dist/nodeping, with broad permissions, for people, the plugin and the
 * demo; and dist/image/nodeping, with the narrowest, for the image.
 *
 * DENO names the compiler, where it is not the Deno that runs this; DENORT_BIN the runtime to
 * embed, where Deno's download site is out of reach. Its version must equal the compiler's.
 *
 * @module
 */

import { run, spawnProcess } from "../src/shell/spawn.ts";

/** Where the programs are put. */
const programs = {
  people: "dist/nodeping",
  image: "dist/image/nodeping",
} as const;

/** Deno opens /proc and /sys to --allow-all alone, so the image's program has to do without. */
const imagePermissions = [
  "--allow-run=/usr/bin/fping",
  "--allow-read=/config,/node-exporter-textfile,/var/run/secrets/kubernetes.io/serviceaccount",
  "--allow-write=/node-exporter-textfile",
  "--allow-env=MY_NODE_NAME,PROMETHEUS_TEXTFILE_DIR,PROMETHEUS_TEXTFILE_PREFIX," +
  "KUBERNETES_SERVICE_HOST,KUBERNETES_SERVICE_PORT",
  "--allow-net",
] as const;

/**
 * The agent lives for months in 64 MiB and has little to compute: a small young generation, no
 * threads for V8 and no optimizing compiler. Measured at 1,000 destinations with deno 2.4.2: 66 to 77 MB
 * resident instead of 90 to 117, for about the same CPU.
 */
const imageRuntime =
  "--v8-flags=--max-semi-space-size=1,--optimize-for-size,--single-threaded,--no-opt";

const bundleDirectory = "dist/bundle";

async function main(): Promise<void> {
  const compiler = Deno.env.get("DENO") ?? Deno.execPath();
  await Deno.remove(bundleDirectory, { recursive: true }).catch(() => undefined);
  await bundle();
  await compile(compiler, programs.people, ["--allow-all"]);
  await compile(compiler, programs.image, [...imagePermissions, imageRuntime]);
}

/**
 * A compiled program keeps all that it embeds in memory, so only what is imported goes in; and the
 * Kubernetes client goes into a chunk of its own, which the agent never loads.
 */
async function bundle(): Promise<void> {
  const flags = ["--quiet", "--platform", "deno", "--code-splitting", "--minify"];
  await succeed(Deno.execPath(), ["bundle", ...flags, "--outdir", bundleDirectory, "main.ts"]);
}

async function compile(
  compiler: string,
  output: string,
  permissions: readonly string[],
): Promise<void> {
  const flags = ["--quiet", "--no-check", "--no-lock", "--no-config", "--no-prompt"];
  const embedded = ["--include", bundleDirectory, `${bundleDirectory}/main.js`];
  await succeed(compiler, ["compile", ...flags, ...permissions, "--output", output, ...embedded]);
  const { size } = await Deno.stat(output);
  report(`${output}: ${(size / 1e6).toFixed(1)} MB`);
}

async function succeed(command: string, args: readonly string[]): Promise<void> {
  const { code, stderr } = await run(spawnProcess, { command, args });
  if (code === 0) return;
  report(stderr);
  report(`Cannot build: "${[command, ...args].join(" ")}" ended with ${code}`);
  if (args[0] === "compile") {
    report(
      "Where Deno's download site is out of reach, set DENO and DENORT_BIN: see CONTRIBUTING.md",
    );
  }
  Deno.exit(1);
}

function report(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}

await main();
