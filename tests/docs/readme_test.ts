import assert from "node:assert/strict";
import { families } from "../../src/metrics/families.ts";
import { zoneLabels } from "../../src/metrics/samples.ts";
import { syncMetrics } from "../../src/sync/in_cluster.ts";
import { pages } from "./pages.ts";

const textOf = (path: string) => pages.find((page) => page.path === path)?.text ?? "";
const readme = textOf("README.md");

/** The cells of each row of the first table below a heading whose first column has the title. */
function tableBelow(
  heading: string,
  title: string,
  text: string,
): readonly (readonly string[])[] {
  const [, section = ""] = text.split(`\n## ${heading}\n`);
  const [table = ""] =
    new RegExp(`^\\| ${title} +\\|.*\\|$\\n(^\\|.*\\|$\\n)+`, "m").exec(section) ?? [];
  return table.trim().split("\n").slice(2)
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

Deno.test("README's table of metrics has every family, in the list's order, with its type", () => {
  const rows = tableBelow("Metrics", "name", readme);
  assert.deepEqual(
    rows.map(([name = "", type]) => `${name.replace(/\{.*\}/, "")} ${type}`),
    Object.values(families).map(({ name, type }) => `\`${name}\` ${type}`),
  );
});

Deno.test("docs/operations.md has every metric of the sync", () => {
  const rows = tableBelow("The list of nodes", "metric", textOf("docs/operations.md"));
  assert.deepEqual(
    rows.map(([name]) => name),
    Object.values(syncMetrics).map(({ name }) => `\`${name}\``),
  );
});

Deno.test("README names every label", () => {
  const rows = tableBelow("Metrics", "name", readme);
  const [, section = ""] = readme.split("\n## Metrics\n");
  for (const { name, labels } of Object.values(families)) {
    const [found = ""] = rows.flatMap(([first = ""]) =>
      first.match(/\w+/)?.[0] === name ? [first] : []
    );
    const own = found.match(/\{(.*)\}/)?.[1]?.split(", ") ?? [];
    for (const label of [...labels, ...zoneLabels]) {
      const isCommon = /^(source|destination)_/.test(label);
      const isNamed = isCommon ? section.includes(`\`${label}\``) : own.includes(label);
      assert.ok(isNamed, `${name}: ${label}`);
    }
  }
});

Deno.test("README's costs are those of docs/cost.md, for what is set without asking", () => {
  const plain = (cell = "") => cell.replaceAll("*", "");
  const inCost = [...textOf("docs/cost.md").matchAll(/^\| +\*\*.*$/gm)]
    .map(([line]) => line.split("|").slice(1, -1).map((cell) => plain(cell.trim())));
  const rows = tableBelow("What it costs", "nodes", readme);
  assert.equal(rows.length, 5);
  for (const [nodes, probed, rate, bandwidth, series, memory] of rows) {
    const [agent = [], cluster = []] = inCost.filter(([first]) => first === nodes);
    assert.deepEqual([agent[1], agent[2], agent[3]], [
      probed === "all" ? "full" : `${probed} each`,
      rate,
      bandwidth,
    ]);
    assert.deepEqual([cluster[4], cluster[6]], [series, memory], nodes);
  }
});
