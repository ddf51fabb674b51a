/** Completion in Helm's two forms: a static file, and candidates for a command line. @module */

import { exitCode } from "./exit_code.ts";
import type { ExitCode } from "./exit_code.ts";
import { asksForHelp } from "./flags.ts";
import type { Flag } from "./flags.ts";

/** A subcommand as completion sees it. */
export interface CompletedCommand {
  /** As typed after "nodeping". */
  readonly name: string;
  /** What completes after a dash. */
  readonly flags: readonly Flag<unknown>[];
  /** True when it takes a release's name. */
  readonly takesRelease: boolean;
}

/** cobra's directives: no file names, or the shell's own completion of files. */
const noFiles = ":4";
const files = ":0";

/** The text of completion.yaml, which Helm reads without starting anything. */
function completionYaml(commands: readonly CompletedCommand[]): string {
  const rows = commands.map(({ name, flags }) =>
    `  - name: ${name}\n    flags:\n` +
    [...flags.map((flag) => flag.name), "help"].map((flag) => `      - ${flag}\n`).join("")
  );
  return `# Made by \`nodeping completion --static\`: Helm's static completion.\nname: nodeping\n` +
    `commands:\n${rows.join("")}`;
}

/** What is known before Helm is asked for releases. */
export type Candidates =
  | { readonly kind: "words"; readonly words: readonly string[] }
  | { readonly kind: "files" }
  | { readonly kind: "releases" };

/** Candidates for the last of the words, which may be empty. */
export function candidates(
  commands: readonly CompletedCommand[],
  words: readonly string[],
): Candidates {
  const [name, ...rest] = words;
  const command = commands.find((one) => one.name === name);
  if (rest.length === 0 || command === undefined) {
    return { kind: "words", words: commands.map((one) => one.name) };
  }
  const last = rest.at(-1) ?? "";
  const [assigned] = /^--[\w-]+(?==)/.exec(last) ?? [];
  const before = assigned ?? rest.at(-2) ?? "";
  const flag = command.flags.find(({ name }) => `--${name}` === before);
  const takesValue = flag?.placeholder !== undefined;
  if (takesValue && !(before === rest.at(-2) && last.startsWith("--"))) {
    const { completion = [] } = flag;
    if (completion === "files") return { kind: "files" };
    return {
      kind: "words",
      words: completion.map((word) => assigned ? `${assigned}=${word}` : word),
    };
  }
  if (last.startsWith("-")) {
    return { kind: "words", words: command.flags.map((flag) => `--${flag.name}`) };
  }
  return command.takesRelease ? { kind: "releases" } : { kind: "words", words: [] };
}

/** What the command is given; see ProgramDeps. */
export interface CompletionDeps {
  /** Arguments after the command's name. */
  readonly args: readonly string[];
  /** Writes to standard output. */
  readonly out: (text: string) => void;
  /** Writes to standard error. */
  readonly err: (text: string) => void;
}

/** `nodeping completion`: Helm's plugin.complete calls it. */
export async function completionCommand(
  deps: CompletionDeps,
  commands: readonly CompletedCommand[],
  releases: () => Promise<readonly string[]>,
): Promise<ExitCode> {
  const [first, ...words] = deps.args;
  if (first === "--static") {
    deps.out(completionYaml(commands));
    return exitCode.done;
  }
  if (first !== "--") {
    const asked = asksForHelp(deps.args);
    const show = asked ? deps.out : deps.err;
    show("Usage: nodeping completion --static | nodeping completion -- WORD...\n");
    return asked ? exitCode.done : exitCode.usage;
  }
  const found = candidates(commands, words);
  const last = words.at(-1) ?? "";
  const list = found.kind === "words"
    ? found.words
    : found.kind === "releases"
    ? await releases()
    : [];
  const matching = list.filter((word) => word.startsWith(last));
  deps.out([...matching, found.kind === "files" ? files : noFiles].join("\n") + "\n");
  return exitCode.done;
}
