/** The recipes of CONTRIBUTING.md lead through the tree as it is. (links_test.ts holds the files of their steps.) @module */

import assert from "node:assert/strict";
import { agentFlags } from "../../src/agent/settings.ts";
import { defaultAlerts } from "../../dashboard/rules/rule.ts";
import { families } from "../../src/metrics/families.ts";
import { pages, root } from "./pages.ts";

const [, section = ""] = pages.find(({ path }) => path === "CONTRIBUTING.md")?.text
  .split("\n## Recipes\n") ?? [];
const [text = ""] = section.split("\n## ");

/** Each recipe, by its title. */
const recipes = new Map(
  text.split(/^\*\*/m).slice(1).map((recipe) => {
    const [title = "", steps = ""] = recipe.split(".**");
    return [title, steps.replaceAll(/\s+/g, " ")];
  }),
);

/** What `deno test` is given in a recipe. */
function testedPaths(steps: string): readonly string[] {
  const [, paths = ""] = /`deno test -A ([^`]+)`/.exec(steps) ?? [];
  return paths.split(" ");
}

Deno.test("the recipes are those of a metric, a flag and an alert, each with tests to run", () => {
  assert.deepEqual([...recipes.keys()], ["A metric", "A flag of the agent", "An alert"]);
  for (const [title, steps] of recipes) {
    for (const path of testedPaths(steps)) {
      const { isFile, isDirectory } = Deno.statSync(root + path);
      const hasTests = isFile ? path.endsWith("_test.ts") : isDirectory &&
        [...Deno.readDirSync(root + path)].some(({ name }) => name.endsWith("_test.ts"));
      assert.ok(hasTests, `${title}: ${path}`);
    }
  }
});

Deno.test("each list that a recipe adds to stands in the file that it names", () => {
  const lists: readonly [string, string, object][] = [
    ["A metric", "src/metrics/families.ts", families],
    ["A flag of the agent", "src/agent/settings.ts", agentFlags],
    ["An alert", "dashboard/rules/rule.ts", defaultAlerts],
  ];
  for (const [title, file, list] of lists) {
    assert.ok(recipes.get(title)?.includes(`\`${file}\``), `${title}: ${file}`);
    const source = Deno.readTextFileSync(root + file);
    for (const key of Object.keys(list)) assert.match(source, new RegExp(`^ {2}${key}: `, "m"));
  }
});

Deno.test("each alert's expression and the text that people read are in files that the recipe names", () => {
  const steps = recipes.get("An alert") ?? "";
  const named = (pattern: RegExp) =>
    [...steps.matchAll(pattern)].map(([, path = ""]) => Deno.readTextFileSync(root + path))
      .join("\n");
  const alerts = named(/`(dashboard\/rules\/\w+_alerts\.ts)`/g);
  const texts = named(/`(tests\/rules\/\w*texts?\w*\.ts)`/g);
  for (const key of Object.keys(defaultAlerts)) {
    assert.match(alerts, new RegExp(`^ {4}${key}: `, "m"));
    assert.match(texts, new RegExp(`^ +key: "${key}",$`, "m"));
  }
});
