/**
 * `deno task doc:lint`: every export of src/ says what it is, and names no type that is not exported.
 *
 * @module
 */

import { run, spawnProcess } from "../src/platform/process.ts";

/** One finding of `deno doc --lint`. */
export interface DocProblem {
  readonly message: string;
  /** Path from the root of the tree. */
  readonly file: string;
  readonly line: number;
}

/** The findings in the output, which has colours or has not. */
export function readDocProblems(output: string, root: string): readonly DocProblem[] {
  // deno-lint-ignore no-control-regex
  const plain = output.replace(/\x1b\[[0-9;]*m/g, "");
  const findings = plain.matchAll(
    /^error\[[\w-]+\]: (.*)\n *--> (?:file:\/\/)?(\S+?):(\d+):\d+$/gm,
  );
  return [...findings].map(([, message = "", path = "", line]) => ({
    message,
    file: path.replace(`${root}/`, ""),
    line: Number(line),
  }));
}

async function* modules(directory: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    const path = `${directory}/${name}`;
    if (isDirectory) yield* modules(path);
    else if (/\.ts$/.test(name) && !name.endsWith("_test.ts")) yield path;
  }
}

async function main(): Promise<number> {
  const files = ["main.ts", ...await Array.fromAsync(modules("src"))];
  const args = ["doc", "--lint", "--quiet", ...files];
  const { code, stdout, stderr } = await run(spawnProcess, { command: Deno.execPath(), args });
  const problems = readDocProblems(stdout + stderr, Deno.cwd());
  const lines = problems.map(({ file, line, message }) => `${file}:${line}: ${message}\n`);
  // A failure without a finding is one of the command itself.
  if (code !== 0 && problems.length === 0) lines.push(stderr);
  Deno.stderr.writeSync(new TextEncoder().encode(lines.join("")));
  return lines.length === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main());
