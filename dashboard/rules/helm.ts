/** The rules in the chart: its PrometheusRule, with values in the place of numbers, and those values. @module */

import { ruleGroups } from "./groups.ts";
import type {
  AlertKey,
  AlertRule,
  AlertSettings,
  RecordingRule,
  RuleSettings,
  Thresholds,
} from "./rule.ts";
import { alertName, defaultAlerts, defaultThresholds, generatedNote, yaml } from "./rule.ts";

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

const about: Readonly<Record<keyof typeof defaultThresholds, string>> = {
  window: "Range of every rate; at least four scrape intervals",
  loss: "Part of the probes above which a pair counts as bad, 0 to 1",
  stillLosing: "A cause must still lose within this time; at least one scrape interval",
  unreachable: "Loss from which a node counts as unreachable, 0 to 1",
  burstWindow: "Range over which loss bursts are counted",
  lossBursts: "Loss bursts of one pair within burstWindow that raise the alert",
  rttFactor: "How many times its usual a round-trip time must be",
  rttIncreaseSeconds: "And by how many seconds",
  rttUsualWindow: "Range whose mean is the usual round-trip time",
  probeRate: "Part of the planned probe rate below which an agent is too slow, 0 to 1",
  staleSeconds: "Seconds without a write after which an agent counts as stopped",
};

/** The keys to put under `prometheusRule:` in chart/values.yaml. */
export function ruleValues(): string {
  const thresholds = Object.entries(defaultThresholds).map(([key, value]) =>
    `    # -- ${about[key as keyof typeof about]}\n    ${key}: ${value}\n`
  );
  const alerts = Object.entries(defaultAlerts).map(([key, one]) =>
    `    # -- ${alertName(key as keyof typeof defaultAlerts)}\n` +
    `    ${key}: { enabled: true, for: ${one.for}, severity: ${one.severity} }\n`
  );
  return `# ${generatedNote}: the part of chart/values.yaml that sets the rules.
prometheusRule:
  # -- Time between two evaluations; Prometheus's own when empty
  interval: ""
  # -- Where docs/alerts.md is served; alerts link to it. No link when empty
  runbookUrl: ""
  # -- Labels of every alert
  additionalAlertLabels: {}
  thresholds:
${
    thresholds.join("")
  }  # -- Each alert: whether it is there, how long its condition must hold, its severity
  alerts:
${alerts.join("")}`;
}

/** The same as properties of `prometheusRule` in chart/values.schema.json. */
export function ruleValuesSchema(): string {
  const keys = Object.keys(defaultThresholds) as (keyof typeof defaultThresholds)[];
  const duration = { type: "string", pattern: "^([0-9]+(ms|s|m|h|d))+$" };
  // PromQL refuses a range of nothing, and with it the whole file of rules.
  const range = { type: "string", pattern: "^([1-9][0-9]*(ms|s|m|h|d))+$" };
  const thresholds = keys.map((key) => {
    const shape = /^[0-9.]+$/.test(defaultThresholds[key])
      ? { type: "number", minimum: 0, ...(isRatio(key) ? { maximum: 1 } : {}) }
      : range;
    return [key, { description: about[key], ...shape }] as const;
  });
  const alert = (key: string) => ({
    type: "object",
    additionalProperties: false,
    properties: {
      enabled: { type: "boolean" },
      for: isRange(key) ? range : duration,
      severity: { type: "string", minLength: 1 },
    },
  });
  const alerts = Object.keys(defaultAlerts).map((key) => [key, alert(key)] as const);
  const object = (properties: readonly (readonly [string, unknown])[]) => ({
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries(properties),
  });
  const schema = {
    interval: { type: "string", pattern: "^([0-9]+(ms|s|m|h))?$" },
    runbookUrl: { type: "string" },
    additionalAlertLabels: { type: "object", additionalProperties: { type: "string" } },
    thresholds: object(thresholds),
    alerts: object(alerts),
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** Whether the expression of the alert looks at its `for` itself, as a range. */
function isRange(key: string): boolean {
  return key === "agentMissing";
}

function isRatio(key: keyof typeof about): boolean {
  return about[key].endsWith("0 to 1");
}
