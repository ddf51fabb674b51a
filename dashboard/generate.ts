/**
 * `deno task generate` writes dashboard, rules and chart templates; with --check it writes nothing
 * and fails where a file is not what it would write.
 *
 * @module
 */

import { uploadableDashboard } from "./dashboard.ts";
import { prometheusRuleTemplate, ruleFile, ruleGroups } from "./rules/groups.ts";
import { defaultSettings, ruleValues, ruleValuesSchema } from "./rules/rule.ts";

/** Grafana takes larger ones, but a ConfigMap and people's patience do not. */
const maxDashboardBytes = 100_000;

/** Every generated file: its path from the project's root, and its text. */
export function outputs(): ReadonlyMap<string, string> {
  const dashboard = `${JSON.stringify(uploadableDashboard(), null, 1)}\n`;
  const { length } = new TextEncoder().encode(dashboard);
  if (length > maxDashboardBytes) {
    throw new RangeError(`The dashboard has ${length} bytes, more than ${maxDashboardBytes}`);
  }
  return new Map([
    ["chart/dashboards/nodeping.json", dashboard],
    ["chart/rules/nodeping.yaml", ruleFile(ruleGroups(defaultSettings))],
    ["chart/templates/prometheusrule.yaml", prometheusRuleTemplate()],
    ["dashboard/rules/values.yaml", ruleValues()],
    ["dashboard/rules/values.schema.json", ruleValuesSchema()],
  ]);
}

/** Writes the files, or says which are out of step. Returns the exit code. */
export async function generate(root: URL, check: boolean): Promise<number> {
  const stale: string[] = [];
  for (const [path, text] of outputs()) {
    const place = new URL(path, root);
    if (await readIfThere(place) === text) continue;
    stale.push(path);
    if (check) continue;
    await Deno.mkdir(new URL(".", place), { recursive: true });
    await Deno.writeTextFile(place, text);
  }
  const encoder = new TextEncoder();
  if (!check) {
    await Deno.stdout.write(encoder.encode(stale.map((path) => `wrote ${path}\n`).join("")));
    return 0;
  }
  if (stale.length === 0) return 0;
  const message = `Out of step with dashboard/: ${stale.join(", ")}. Run \`deno task generate\`\n`;
  await Deno.stderr.write(encoder.encode(message));
  return 1;
}

async function readIfThere(place: URL): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(place);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

if (import.meta.main) {
  const root = new URL("../", import.meta.url);
  Deno.exit(await generate(root, Deno.args.includes("--check")));
}
