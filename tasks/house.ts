/**
 * Holds the order of the house: which folder of src may know which, no circles, no long file, and which
 * file alone may reach for processes, files, clocks, arguments and environment.
 * `deno task house` says what is wrong, and what to do about it.
 *
 * @module
 */

import { dirname, join } from "node:path/posix";

/** The way of the data: a folder knows only itself, those before it, and the root files but cli.ts. */
const folders = [
  "platform",
  "nodes",
  "targets",
  "fping",
  "pairs",
  "metrics",
  "output",
  "agent",
  "kubernetes",
  "sync",
  "mesh",
  "diagnosis",
  "matrix",
  "ui",
];
const maxFiles = 90;
const maxLines = 400;

/** What is asked of the machine, and the one file that may: all else is given it as `deps`. */
const accesses: readonly {
  readonly what: string;
  readonly pattern: RegExp;
  readonly file: string;
}[] = [
  {
    what: "starts a process",
    pattern: /\bDeno\.Command\b|"node:child_process"/,
    file: "platform/process.ts",
  },
  {
    what: "changes a file",
    pattern:
      /\bDeno\.(?:open|create|write\w*|mkdir|make\w+|remove|rename|ch(?:mod|own)|copyFile|truncate|(?:sym)?link)(?:Sync)?\b|"node:fs\b/,
    file: "platform/files.ts",
  },
  { what: "reads a clock", pattern: /\b(?:performance|Date)\.now\b/, file: "platform/clock.ts" },
  {
    what: "reads arguments or environment, or ends the program",
    pattern: /\bDeno\.(?:args|env|exit|addSignalListener)\b|\bprocess\.(?:argv|env|exit)\b/,
    file: "../main.ts",
  },
];

/** A source file and the files of src that it imports, types included; paths are below src. */
export interface SourceFile {
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly string[];
  /** Those of {@linkcode accesses} that its code has, as "starts a process: platform/process.ts". */
  readonly misplaced: readonly string[];
}

/** What breaks the order, one line each; empty when the house is in order. */
export function houseProblems(files: readonly SourceFile[]): readonly string[] {
  const programs = files.filter(({ path }) => !isOfPage(path));
  return [
    ...(programs.length > maxFiles
      ? [`src has ${programs.length} files: at most ${maxFiles}`]
      : []),
    ...files.filter(({ lines }) => lines > maxLines)
      .map(({ path, lines }) => `${path} has ${lines} lines: at most ${maxLines}`),
    ...files.flatMap(({ path, imports }) =>
      imports.filter((imported) => rank(imported) > rank(path))
        .map((imported) => `${path} imports ${imported}, which comes after it`)
    ),
    ...files.flatMap(({ path, misplaced }) => misplaced.map((one) => `${path} ${one}`)),
    ...circles(files).map((circle) => `A circle of imports: ${circle.join(" -> ")}`),
  ];
}

/** The page is another program, for browsers, which tasks/page.ts checks: here its length counts alone. */
function isOfPage(path: string): boolean {
  return path.startsWith("ui/page/") || path.endsWith(".css");
}

/** Root files come first, cli.ts last; a folder that is not listed comes nowhere. */
function rank(path: string): number {
  if (path === "cli.ts") return Infinity;
  const folder = path.includes("/") ? dirname(path).split("/")[0] ?? "" : undefined;
  if (folder === undefined) return -1;
  const found = folders.indexOf(folder);
  return found < 0 ? folders.length : found;
}

function circles(files: readonly SourceFile[]): string[][] {
  const imports = new Map(files.map((file) => [file.path, file.imports]));
  const done = new Set<string>();
  const found: string[][] = [];
  const visit = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) found.push([...way.slice(way.indexOf(path)), path]);
    if (done.has(path) || way.includes(path)) return;
    for (const next of imports.get(path) ?? []) visit(next, [...way, path]);
    done.add(path);
  };
  for (const path of imports.keys()) visit(path, []);
  return found;
}

/** Reads the files of src but tests and declarations. */
async function readSources(root: string, folder = ""): Promise<SourceFile[]> {
  const entries = await Array.fromAsync(Deno.readDir(join(root, folder)));
  const read = entries.map(async ({ name, isDirectory }): Promise<SourceFile[]> => {
    const path = join(folder, name);
    if (isDirectory) return await readSources(root, path);
    if (!/(?<!_test|\.d)\.tsx?$|\.css$/.test(name)) return [];
    const text = await Deno.readTextFile(join(root, path));
    const lines = text.split("\n").length - 1;
    if (isOfPage(path)) return [{ path, lines, imports: [], misplaced: [] }];
    return [{
      ...{ path, lines },
      imports: importsOf(path, text),
      misplaced: misplacedIn(path, text),
    }];
  });
  return (await Promise.all(read)).flat().sort((a, b) => a.path < b.path ? -1 : 1);
}

/** Imports that a file always loads; `await import()` is a choice at run time, and no circle. */
export function importsOf(path: string, text: string): string[] {
  return [...text.matchAll(/^(?:import|export)\b[^;]*? from "(\.{1,2}\/[^"]+\.ts)"/gms)]
    .map(([, specifier = ""]) => join(dirname(path), specifier))
    .filter((imported) => !imported.startsWith(".."));
}

/** What the code of a file, without its comments, asks of the machine although another file is for that. */
export function misplacedIn(path: string, text: string): string[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  return accesses.filter(({ pattern, file }) => file !== path && pattern.test(code))
    .map(({ what, file }) => `${what}: that is for ${file} alone`);
}

if (import.meta.main) {
  const problems = houseProblems(await readSources("src"));
  const text = problems.map((problem) => `${problem}\n`).join("");
  Deno.stderr.writeSync(new TextEncoder().encode(text));
  Deno.exit(problems.length > 0 ? 1 : 0);
}
