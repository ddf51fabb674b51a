/** The chart's PrometheusRule: the same rules, with values in the place of numbers. @module */

import { ruleGroups } from "./groups.ts";
import type { AlertRule, RecordingRule } from "./rule.ts";
import { alertName, defaultAlerts, defaultThresholds } from "./settings.ts";
import type { AlertKey, AlertSettings, RuleSettings, Thresholds } from "./settings.ts";
import { generatedNote, yaml } from "./yaml.ts";

/** What stands for a value of `prometheusRule`, or for `clusterLabel`, until Prometheus's own {{ }} are quoted. */
const placeholder = (path: string) => `VALUE<${path}>`;

/** What stands for the name of the chart's objects. */
const fullname = "VALUE<fullname>";

const settings: RuleSettings = {
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
${ruleGroups(settings).map(group).join("")}{{- end }}
{{- end }}
`;
}

function group({ name, interval, rules }: ReturnType<typeof ruleGroups>[number]): string {
  const own = interval === undefined
    ? "      {{- with .interval }}\n      interval: {{ . }}\n      {{- end }}\n"
    : `      interval: ${interval}\n`;
  return `    - name: ${name}\n${own}      rules:\n${rules.map(rule).join("")}`;
}

function rule(one: RecordingRule | AlertRule): string {
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
