/**
 * `deno task generate` writes every file that follows from others of the tree; with --check it
 * writes nothing, and fails where a file is not what it would write. (The licences and the page's
 * script, which follow from packages, have tasks of their own.)
 *
 * @module
 */

import {
  defaultsTemplate,
  readChartValues,
  readmeWithValues,
  schemaWithDescriptions,
} from "./chart_docs.ts";
import { costPage, usualCosts } from "./cost/page.ts";
import { markdownTable } from "./markdown.ts";
import { markdownMarks, withMarkedPart } from "./marked_part.ts";
import { uploadableDashboard } from "../dashboard/dashboard.ts";
import { prometheusRuleTemplate, ruleFile, ruleGroups } from "../dashboard/rules/groups.ts";
import { defaultSettings, ruleValues, ruleValuesSchema } from "../dashboard/rules/rule.ts";
import { agentHelp } from "../src/agent/settings.ts";
import { families } from "../src/metrics/families.ts";
import { pairLabels } from "../src/metrics/samples.ts";
import { everything, goldenExposition, plain } from "../tests/golden_state.ts";

/** Grafana takes larger ones, but a ConfigMap and people's patience do not. */
const maxDashboardBytes = 100_000;

/** Every generated file: its path from the root, and its text, made of what stands there now. */
export async function generatedFiles(
  read: (path: string) => Promise<string>,
): Promise<ReadonlyMap<string, string>> {
  const values = withRuleValues(await read("chart/values.yaml"));
  const documented = readChartValues(values);
  const schema = withRuleSchema(await read("chart/values.schema.json"));
  return new Map([
    ["README.md", withTables(await read("README.md"))],
    ["docs/cost.md", costPage()],
    ["chart/dashboards/nodeping.json", dashboardFile()],
    ["chart/rules/nodeping.yaml", ruleFile(ruleGroups(defaultSettings))],
    ["chart/templates/prometheusrule.yaml", prometheusRuleTemplate()],
    ["chart/values.yaml", values],
    ["chart/values.schema.json", schemaWithDescriptions(schema, documented)],
    ["chart/templates/_default_values.tpl", defaultsTemplate(values)],
    ["chart/README.md", readmeWithValues(await read("chart/README.md"), documented)],
    ["tests/testdata/textfile.prom", await goldenExposition(plain)],
    ["tests/testdata/textfile-everything.prom", await goldenExposition(everything)],
    ["tests/testdata/agent-help.txt", agentHelp()],
  ]);
}

function dashboardFile(): string {
  const text = `${JSON.stringify(uploadableDashboard(), null, 1)}\n`;
  const { length } = new TextEncoder().encode(text);
  if (length <= maxDashboardBytes) return text;
  throw new RangeError(`The dashboard has ${length} bytes, more than ${maxDashboardBytes}`);
}

function withRuleValues(yaml: string): string {
  const from = "dashboard/rules/rule.ts";
  const marks = {
    start: `# Made by \`deno task generate\` from ${from}`,
    end: `# End of what is made from ${from}`,
  };
  return withMarkedPart(yaml, marks, ruleValues());
}

function withRuleSchema(json: string): string {
  const schema = JSON.parse(json);
  Object.assign(schema.properties.prometheusRule.properties, ruleValuesSchema());
  return JSON.stringify(schema);
}

function withTables(readme: string): string {
  const part = (table: string) => `\n${table}`;
  const withMetrics = withMarkedPart(
    readme,
    markdownMarks("src/metrics/families.ts"),
    part(metricsTable()),
  );
  return withMarkedPart(withMetrics, markdownMarks("docs/cost.md"), part(usualCosts()));
}

/** Each family with the labels of its own; those that the page names once for all are left out. */
function metricsTable(): string {
  const common: ReadonlySet<string> = new Set(pairLabels);
  const rows = Object.values(families).map(({ name, type, labels, help }) => {
    const own = labels.filter((label) => !common.has(label)).join(", ");
    return [`\`${name}${own === "" ? "" : `{${own}}`}\``, type, help];
  });
  return markdownTable(["name", "type", "meaning"], rows);
}

async function main(root: URL, check: boolean): Promise<number> {
  const read = (path: string) => Deno.readTextFile(new URL(path, root)).catch(() => "");
  const report = (line: string) => Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
  const stale: string[] = [];
  for (const [path, text] of await generatedFiles(read)) {
    if (await read(path) === text) continue;
    stale.push(path);
    if (check) continue;
    await Deno.writeTextFile(new URL(path, root), text);
    report(`wrote ${path}`);
  }
  if (!check || stale.length === 0) return 0;
  report(`Out of step with what they are made from: ${stale.join(", ")}. Run deno task generate`);
  return 1;
}

if (import.meta.main) {
  Deno.exit(await main(new URL("../", import.meta.url), Deno.args.includes("--check")));
}
