/**
 * The version stands in deno.json; files that cannot read it from there repeat it.
 *
 *     deno task version           prints it
 *     deno task version 1.2.3     sets it everywhere
 *     deno task version --check   fails, naming each file that says another one
 *
 * @module
 */

const here = new URL("../", import.meta.url);
const exitUsage = 2;

/** A file that repeats the version, and the lines that do: group 1 before it, group 3 after. */
interface Mention {
  readonly file: string;
  readonly pattern: RegExp;
}

const source: Mention = { file: "deno.json", pattern: /^( {2}"version": ")([^"]*)(",)$/m };

const copies: readonly Mention[] = [
  { file: "chart/Chart.yaml", pattern: /^(version: )(\S+)()$/m },
  { file: "chart/Chart.yaml", pattern: /^(appVersion: ")([^"]*)(")$/m },
  { file: "helm-plugin/plugin.yaml", pattern: /^(version: ")([^"]*)(")$/m },
  { file: "plugin.yaml", pattern: /^(version: ")([^"]*)(")$/m },
  { file: "Dockerfile", pattern: /^(ARG VERSION=)(\S+)()$/m },
];

/** Semantic version without a leading "v", as Helm asks of a chart (semver.org, 2.0.0). */
const semanticVersion = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

/** One line for each file under `root` that repeats another version than deno.json's. */
export async function versionProblems(root: URL): Promise<readonly string[]> {
  const expected = await readVersion(root, source);
  const problems: string[] = [];
  for (const mention of copies) {
    const found = await readVersion(root, mention);
    if (found === expected) continue;
    problems.push(
      `${mention.file} says version "${found}", deno.json "${expected}": run deno task version ${expected}`,
    );
  }
  return problems;
}

/** Writes the version into every file under `root`. Throws a RangeError where it is none. */
export async function setVersion(root: URL, version: string): Promise<void> {
  if (!semanticVersion.test(version)) {
    throw new RangeError(`Cannot set version "${version}": write it as 1.2.3 or 1.2.3-rc.1`);
  }
  for (const { file, pattern } of [source, ...copies]) {
    const place = new URL(file, root);
    const text = await Deno.readTextFile(place);
    await Deno.writeTextFile(place, text.replace(pattern, `$1${version}$3`));
  }
}

async function readVersion(root: URL, { file, pattern }: Mention): Promise<string> {
  const found = pattern.exec(await Deno.readTextFile(new URL(file, root)))?.[2];
  if (found === undefined) throw new Error(`${file} has no line with a version: ${pattern.source}`);
  return found;
}

async function main(args: readonly string[]): Promise<number> {
  const [argument, ...rest] = args;
  if (rest.length > 0) return fail("Usage: deno task version [X.Y.Z | --check]", exitUsage);
  if (argument === undefined) return report(await readVersion(here, source));
  if (argument !== "--check") {
    await setVersion(here, argument);
    return 0;
  }
  const problems = await versionProblems(here);
  return problems.length === 0 ? 0 : fail(problems.join("\n"), 1);
}

function report(text: string): number {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
  return 0;
}

function fail(text: string, code: number): number {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
  return code;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
