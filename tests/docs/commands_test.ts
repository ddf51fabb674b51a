import assert from "node:assert/strict";
import denoJson from "../../deno.json" with { type: "json" };
import { agentFlags } from "../../src/agent/settings.ts";
import { diagnoseFlags } from "../../src/diagnosis/diagnose.ts";
import { flagsOf } from "../../src/flags.ts";
import type { Flag } from "../../src/flags.ts";
import { matrixFlags } from "../../src/matrix/command.ts";
import { syncFlags } from "../../src/sync/settings.ts";
import { uiFlags } from "../../src/ui/command.ts";
import { testedCommands } from "./commands.ts";
import { blocks, codeSpans, pages, root } from "./pages.ts";

const consoleBlocks = blocks.filter(({ language }) => language === "console");

/** The commands of a block: a line each, continued by a backslash, without comments. */
function commandsOf(text: string): readonly string[] {
  return text.replaceAll(/ *\\\n */g, " ").split("\n")
    .map((line) => line.replace(/(^| +)# .*$/, "").trim())
    .filter((line) => line !== "");
}

Deno.test("every command of the documentation is tested, and each test is of one", () => {
  const found = new Set<string>();
  for (const { page, text } of consoleBlocks) {
    for (const command of commandsOf(text)) {
      found.add(command);
      assert.ok(
        testedCommands.has(command),
        `${page}: "${command}" is not in tests/docs/commands.ts`,
      );
    }
  }
  assert.deepEqual([...testedCommands.keys()].filter((command) => !found.has(command)), []);
});

Deno.test("every test that is to prove a command is there", () => {
  for (const [command, proof] of testedCommands) {
    if (proof.kind === "by hand") assert.match(proof.seen, /^\d{4}-\d\d-\d\d: /, command);
    else assert.ok(Deno.statSync(root + proof.path).isFile, command);
  }
});

Deno.test("blocks are of a known language, so that no command hides in another", () => {
  for (const { page, language, text } of blocks) {
    assert.match(language, /^(console|yaml|json|promql|text|)$/, page);
    if (language === "console") continue;
    assert.doesNotMatch(text, /^(\$ |npx |deno |helm |kubectl |nodeping )/m, page);
  }
  for (const { path, text } of pages) {
    assert.doesNotMatch(text, /^ {4}(npx|deno|helm|kubectl|nodeping) /m, `${path}: fence commands`);
  }
});

const commandFlags: Readonly<Record<string, readonly Flag<unknown>[]>> = {
  agent: flagsOf(agentFlags),
  sync: flagsOf(syncFlags),
  matrix: flagsOf(matrixFlags),
  diagnose: flagsOf(diagnoseFlags),
  ui: flagsOf(uiFlags),
  version: [],
};

Deno.test("commands of nodeping and tasks that the text names exist, with their flags", () => {
  let checked = 0;
  const texts = [
    ...pages.flatMap((page) => codeSpans(page).map((span) => [page.path, span] as const)),
    ...consoleBlocks.flatMap(({ page, text }) =>
      commandsOf(text).map((line) => [page, line] as const)
    ),
  ];
  for (const [page, text] of texts) {
    const task = /\bdeno(?:@\S+)? task ([\w:]+)/.exec(text)?.[1];
    if (task !== undefined) {
      checked++;
      assert.ok(task in denoJson.tasks, `${page}: ${text}`);
    }
    const [, command = "", rest = ""] =
      /^(?:helm nodeping|nodeping|deno run -A main\.ts) ([a-z]+)\b(?!:)(.*)$/.exec(text) ?? [];
    if (command === "") continue;
    checked++;
    const flags = commandFlags[command];
    assert.ok(flags !== undefined, `${page}: ${text}`);
    const known = ["help", ...flags.map(({ name }) => name)];
    for (const [, flag = ""] of rest.matchAll(/ --([a-z-]+)/g)) {
      assert.ok(known.includes(flag), `${page}: ${text} has no --${flag}`);
    }
  }
  assert.ok(checked > 40, `only ${checked} found`);
});
