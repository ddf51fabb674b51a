/** Runs `promtool test rules`. @module */

import { defaultSettings } from "../../dashboard/rules/rule.ts";
import type { Thresholds } from "../../dashboard/rules/rule.ts";
import { ruleGroups } from "../../dashboard/rules/groups.ts";
import type { InputSeries } from "./series.ts";
import { stepSeconds } from "./series.ts";

/** Labels of an alert, but for its severity and the kind of its cause. */
export type AlertLabels = Readonly<Record<string, string>>;

/** What people read of a firing alert. */
export interface AlertReading {
  readonly alertname: string;
  /** All labels but the name. */
  readonly labels: AlertLabels;
  readonly summary: string;
  readonly description: string;
}

/** What must hold at one time. */
export interface Expectation {
  /** Seconds since the start. */
  readonly at: number;
  /** These alerts fire and no other; whatever fires when left out. */
  readonly firing?: readonly AlertLabels[];
  /** PromQL expressions that must have a result. */
  readonly holds?: readonly string[];
  /** These alerts fire, each with exactly these labels and texts. */
  readonly reading?: readonly AlertReading[];
}

/** What is scraped, and what must come of it. */
export interface RuleTestCase {
  readonly series: readonly InputSeries[];
  readonly expectations: readonly Expectation[];
  /** In place of the defaults. */
  readonly thresholds?: Partial<Thresholds>;
}

/** Runs one case with promtool; throws what promtool says when an expectation does not hold. */
export async function runPromtool(testCase: RuleTestCase): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "nodeping-rules-" });
  try {
    const thresholds = { ...defaultSettings.thresholds, ...testCase.thresholds };
    const rules = { groups: ruleGroups({ ...defaultSettings, thresholds }) };
    await Deno.writeTextFile(`${directory}/rules.yaml`, JSON.stringify(rules));
    await Deno.writeTextFile(`${directory}/test.yaml`, JSON.stringify(testFile(testCase)));
    const { success, stdout, stderr } = await new Deno.Command("promtool", {
      args: ["test", "rules", "test.yaml"],
      cwd: directory,
    }).output();
    if (success) return;
    const decoder = new TextDecoder();
    throw new Error(`promtool: ${decoder.decode(stdout)}${decoder.decode(stderr)}`);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function testFile({ series, expectations }: RuleTestCase): unknown {
  const readings = expectations.flatMap(({ at, reading = [] }) =>
    [...Map.groupBy(reading, ({ alertname }) => alertname)]
      .map(([alertname, alerts]) => ({ at, alertname, alerts }))
  );
  return {
    rule_files: ["rules.yaml"],
    evaluation_interval: `${stepSeconds}s`,
    tests: [{
      interval: `${stepSeconds}s`,
      input_series: series,
      alert_rule_test: readings.map(({ at, alertname, alerts }) => ({
        eval_time: `${at}s`,
        alertname,
        exp_alerts: alerts.map(({ labels, summary, description }) => ({
          exp_labels: labels,
          exp_annotations: { summary, description },
        })),
      })),
      promql_expr_test: expectations.flatMap(({ at, firing, holds = [] }) => [
        ...(firing === undefined ? [] : [{
          expr: `max without (severity, kind, alertstate) (ALERTS{alertstate="firing"})`,
          eval_time: `${at}s`,
          exp_samples: firing.map((labels) => ({ labels: labelSet(labels), value: 1 })),
        }]),
        ...holds.map((expr) => ({
          expr: `count(${expr}) > bool 0`,
          eval_time: `${at}s`,
          exp_samples: [{ labels: "{}", value: 1 }],
        })),
      ]),
    }],
  };
}

function labelSet(labels: AlertLabels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `{${pairs.join(", ")}}`;
}
