/**
 * `deno task release`: everything that a version publishes but the image, in dist/release, with
 * SHA256SUMS; and dist/release-notes.md from CHANGELOG.md. Two clones of one commit make the same bytes with
 * the same Deno and Helm. docs/release.md says what each file is for.
 *
 * @module
 */

import { packagePlugin } from "../helm-plugin/package.ts";
import { textFlag } from "../src/flag_values.ts";
import { flagHelp, parseFlags } from "../src/flags.ts";
import type { FlagTable } from "../src/flags.ts";
import { version } from "../src/version.ts";
import { checksums, sourceState } from "./archive.ts";
import { build } from "./build.ts";
import { hostPlatform, platforms, possibleTargets, targetsFlag } from "./platforms.ts";
import type { Platform } from "./platforms.ts";
import { originOf, packageChart, packPrograms, plainFiles } from "./release/files.ts";
import type { Origin } from "./release/files.ts";
import { versionProblems } from "./version.ts";
import { errorMessage } from "../src/platform/terminal.ts";

const target = "dist/release";

const flags: FlagTable<{
  readonly targets: readonly Platform[] | undefined;
  readonly repository: string | undefined;
}> = {
  targets: targetsFlag,
  repository: textFlag({
    name: "repository",
    placeholder: "OWNER/NAME",
    variable: "NODEPING_REPOSITORY",
    help: "where it is published; chart and rules then point there",
  }),
};

async function release(
  wanted: readonly Platform[] | undefined,
  origin: Origin | undefined,
): Promise<void> {
  const targets = possibleTargets(wanted ?? platforms, hostPlatform(), Deno.env.get("DENORT_BIN"));
  for (const { platform, reason } of targets.skipped) say(`Skipped ${platform.name}: ${reason}`);
  if (wanted !== undefined && targets.skipped.length > 0) {
    throw new Error("Cannot build every platform that --targets names");
  }
  await checkVersion();
  const { time, dirty } = await sourceState();
  if (dirty) say("The tree differs from its commit: nobody else can make these files");
  await Deno.remove(target, { recursive: true }).catch(() => undefined);
  await Deno.mkdir(target, { recursive: true });
  await build(targets.built);
  const programs = new Map(targets.built.map(({ name }) => [name, `dist/nodeping-${name}`]));
  const common = { root: ".", version, target, time, origin };
  const files = [
    ...await packPrograms({ ...common, programs }),
    ...await packagePlugin({ ...common, programs }),
    await packageChart({ ...common, helm: Deno.env.get("HELM") ?? "helm" }),
  ];
  for (const [name, text] of await plainFiles(common)) {
    await Deno.writeTextFile(`${target}/${name}`, text);
    files.push(`${target}/${name}`);
  }
  await Deno.writeTextFile(`${target}/SHA256SUMS`, await checksums(files));
  for (const file of [...files.sort(), `${target}/SHA256SUMS`]) {
    say(`${file}: ${((await Deno.stat(file)).size / 1e6).toFixed(2)} MB`);
  }
}

/** Nothing is built of a version that its own files do not agree on, or that nobody described. */
async function checkVersion(): Promise<void> {
  const problems = await versionProblems(new URL("../", import.meta.url));
  if (problems.length > 0) throw new Error(problems.join("\n"));
  const notes = releaseNotes(await Deno.readTextFile("CHANGELOG.md"), version);
  await Deno.mkdir("dist", { recursive: true });
  await Deno.writeTextFile("dist/release-notes.md", notes);
}

function say(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}

async function main(): Promise<number> {
  const parsed = parseFlags(flags, { args: Deno.args, env: (name) => Deno.env.get(name) });
  if (parsed.kind === "help") {
    say(`deno task release [flags]\n${flagHelp(flags)}`);
    return 0;
  }
  try {
    if (parsed.kind === "invalid") throw new Error(parsed.problems.join("\n"));
    const { targets, repository } = parsed.settings;
    await release(targets, repository ? originOf(repository, version) : undefined);
    return 0;
  } catch (error) {
    say(errorMessage(error));
    return 1;
  }
}

/**
 * The lines under the version's heading ("## 1.2.3", anything may follow), without the heading.
 * Throws where there is none: a release without a word for its users.
 */
export function releaseNotes(changelog: string, version: string): string {
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((text) => text.split(/\s/, 1)[0] === version);
  const notes = section?.replace(/^.*\n/, "").trim() ?? "";
  if (notes === "") {
    throw new Error(
      `CHANGELOG.md says nothing under "## ${version}": write what changed for users`,
    );
  }
  return `${notes}\n`;
}

if (import.meta.main) Deno.exit(await main());
