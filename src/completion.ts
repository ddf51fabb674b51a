/** Completion in Helm's two forms: a static file, and candidates for a command line. @module */

import { exitCode } from "./command.ts";
import type { CommandDeps, ExitCode } from "./command.ts";
import { asksForHelp } from "./flags.ts";
import type { FlagSpec } from "./flags.ts";

/** A subcommand as completion sees it. */
export interface CompletedCommand {
  /** As typed after "nodeping". */
  readonly name: string;
  /** What completes after a dash. */
  readonly flags: readonly FlagSpec[];
  /** True when it takes a release's name. */
  readonly takesRelease: boolean;
}

/** Words that a flag takes: those of its placeholder that are no placeholders, as in "DIR|off". */
function choicesOf({ value = "" }: FlagSpec): readonly string[] {
  return value.split("|").filter((word) => word !== word.toUpperCase());
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
  const spec = command.flags.find((flag) => `--${flag.name}` === before);
  if (spec?.value !== undefined && !(before === rest.at(-2) && last.startsWith("--"))) {
    const values = choicesOf(spec);
    if (values.length === 0) return { kind: "files" };
    return {
      kind: "words",
      words: values.map((value) => assigned ? `${assigned}=${value}` : value),
    };
  }
  if (last.startsWith("-")) {
    return { kind: "words", words: command.flags.map((flag) => `--${flag.name}`) };
  }
  return command.takesRelease ? { kind: "releases" } : { kind: "words", words: [] };
}

/** `nodeping completion`: Helm's plugin.complete calls it. */
export async function completionCommand(
  context: CommandDeps,
  commands: readonly CompletedCommand[],
  releases: () => Promise<readonly string[]>,
): Promise<ExitCode> {
  const [first, ...words] = context.args;
  if (first === "--static") {
    context.out(completionYaml(commands));
    return exitCode.done;
  }
  if (first !== "--") {
    const asked = asksForHelp(context.args);
    const show = asked ? context.out : context.err;
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
  context.out([...matching, found.kind === "files" ? files : noFiles].join("\n") + "\n");
  return exitCode.done;
}
