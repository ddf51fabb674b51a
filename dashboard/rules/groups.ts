/** Every rule, in groups, and their YAML: a plain file, and the chart's PrometheusRule with values in the place of numbers. @module */

import { stringify } from "yaml";
import { withClusterLabel } from "../promql.ts";
import { agentAlerts } from "./agent_alerts.ts";
import { causeAlerts } from "./cause_alerts.ts";
import { causeRules } from "./causes.ts";
import { listAlerts, staleNodeRules } from "./list_alerts.ts";
import { lossBurstRules } from "./loss_bursts.ts";
import { meanRules, measurementRules, refusalRules, usualRules } from "./measurements.ts";
import { pathMtuRules } from "./path_mtu.ts";
import type {
  AlertKey,
  AlertRule,
  AlertSettings,
  RecordingRule,
  RuleGroup,
  RuleSettings,
  Thresholds,
} from "./rule.ts";
import { alertName, defaultAlerts, defaultThresholds, generatedNote } from "./rule.ts";

/**
 * One group holds what builds on one another, the alerts last: Prometheus evaluates groups side by
 * side, and the rules of one group in order.
 */
export function ruleGroups(settings: RuleSettings): readonly RuleGroup[] {
  return withClusterLabel(groups(settings), settings.clusterLabel);
}

function groups(settings: RuleSettings): readonly RuleGroup[] {
  const { thresholds } = settings;
  return [
    {
      name: "nodeping.mesh",
      rules: [
        ...measurementRules(thresholds),
        ...staleNodeRules(),
        ...causeRules(thresholds),
        ...lossBurstRules(thresholds),
        ...pathMtuRules(thresholds),
        ...alerts(settings),
      ],
    },
    { name: "nodeping.means", interval: "1m", rules: meanRules() },
    { name: "nodeping.refusals", interval: "1m", rules: refusalRules(thresholds) },
    { name: "nodeping.usual", interval: "2m", rules: usualRules(thresholds) },
  ];
}

function alerts(settings: RuleSettings): readonly AlertRule[] {
  const { thresholds, alerts, runbookUrl } = settings;
  const texts = {
    ...causeAlerts(thresholds, alerts),
    ...agentAlerts(thresholds, alerts),
    ...listAlerts(settings),
  };
  return (Object.keys(alerts) as AlertKey[]).map((key) => {
    const text = texts[key];
    if (text === undefined) {
      throw new Error(`Alert "${key}" has no expression: add it to dashboard/rules/*_alerts.ts`);
    }
    const name = alertName(key);
    return {
      alert: name,
      expr: text.expr,
      for: text.for ?? alerts[key].for,
      labels: { severity: alerts[key].severity },
      annotations: {
        summary: text.summary,
        description: text.description,
        ...(runbookUrl === "" ? {} : { runbook_url: `${runbookUrl}#${name.toLowerCase()}` }),
      },
    };
  });
}

/** A value as YAML: long expressions on one line each, no anchors. */
function yaml(value: unknown, indent = 0): string {
  const text = stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
  const space = " ".repeat(indent);
  return text.split("\n").map((line) => (line === "" ? "" : space + line)).join("\n");
}

/** A rule file for a Prometheus without the operator. */
export function ruleFile(groups: readonly RuleGroup[]): string {
  return `# ${generatedNote}.\n${yaml({ groups })}`;
}

/** What stands for a value of `prometheusRule`, or for `clusterLabel`, until Prometheus's own {{ }} are quoted. */
const placeholder = (path: string) => `VALUE<${path}>`;

/** What stands for the name of the chart's objects. */
const fullname = "VALUE<fullname>";

/** Every setting as what stands for it. */
const placeholders: RuleSettings = {
  thresholds: mapValues(defaultThresholds, (key) => placeholder(`thresholds.${key}`)) as Thresholds,
  alerts: mapValues(defaultAlerts, (key): AlertSettings => ({
    for: placeholder(`alerts.${key}.for`),
    severity: placeholder(`alerts.${key}.severity`),
  })),
  fullname,
  clusterLabel: placeholder("clusterLabel"),
  runbookUrl: "",
};

/** chart/templates/prometheusrule.yaml. */
export function prometheusRuleTemplate(): string {
  return `{{- /* ${generatedNote}. */}}
{{- include "nodeping.fillValues" . }}
{{- with .Values.prometheusRule }}
{{- if .enabled }}
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: {{ include "nodeping.fullname" $ }}
  namespace: {{ .namespace | default $.Release.Namespace }}
  labels:
    {{- $labels := include "nodeping.labels" $ | fromYaml }}
    {{- toYaml (mergeOverwrite $labels (.additionalLabels | default dict)) | nindent 4 }}
spec:
  groups:
${ruleGroups(placeholders).map(groupTemplate).join("")}{{- end }}
{{- end }}
`;
}

function groupTemplate({ name, interval, rules }: RuleGroup): string {
  const own = interval === undefined
    ? "      {{- with .interval }}\n      interval: {{ . }}\n      {{- end }}\n"
    : `      interval: ${interval}\n`;
  return `    - name: ${name}\n${own}      rules:\n${rules.map(ruleTemplate).join("")}`;
}

function ruleTemplate(one: RecordingRule | AlertRule): string {
  const item = withValues(yaml([one], 8));
  if (!("alert" in one)) return item;
  const key = (Object.keys(defaultAlerts) as AlertKey[])
    .find((candidate) => alertName(candidate) === one.alert);
  return `        {{- if .alerts.${key}.enabled }}\n` +
    item.replace(
      /^( +)severity: \{\{ (.*) \}\}$/m,
      (_, space: string, severity: string) =>
        `${space}{{- $own := dict "severity" ${severity} }}\n` +
        `${space}{{- toYaml (mergeOverwrite $own ($.Values.prometheusRule.additionalAlertLabels | ` +
        `default dict)) | nindent ${space.length} }}`,
    ) +
    `            {{- with .runbookUrl }}\n` +
    `            runbook_url: {{ . }}#${one.alert.toLowerCase()}\n` +
    `            {{- end }}\n` +
    `        {{- end }}\n`;
}

/** Quotes what is meant for Prometheus, but for values in it, then puts Helm's values in. */
function withValues(text: string): string {
  return text
    .replace(
      /\{\{.*?\}\}/g,
      (action) => `{{\`${action.replace(/VALUE<[\w.]+>/g, (value) => `\`}}${value}{{\``)}\`}}`,
    )
    .replaceAll(fullname, '{{ include "nodeping.fullname" $ }}')
    .replace(
      /VALUE<([\w.]+)>/g,
      (_, path: string) =>
        path === "clusterLabel"
          ? '{{ $.Values.clusterLabel | default "cluster" }}'
          : `{{ $.Values.prometheusRule.${path} }}`,
    );
}

function mapValues<Key extends string, Value>(
  object: Readonly<Record<Key, unknown>>,
  value: (key: Key) => Value,
): Record<Key, Value> {
  const keys = Object.keys(object) as Key[];
  return Object.fromEntries(keys.map((key) => [key, value(key)])) as Record<Key, Value>;
}
