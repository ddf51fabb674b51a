/** The generated files, by their place in the tree. @module */

import { uploadableDashboard } from "./dashboard.ts";
import { prometheusRuleTemplate } from "./rules/helm_template.ts";
import { ruleValues, ruleValuesSchema } from "./rules/helm_values.ts";
import { ruleFile } from "./rules/yaml.ts";
import { ruleGroups } from "./rules/groups.ts";
import { defaultSettings } from "./rules/settings.ts";

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
