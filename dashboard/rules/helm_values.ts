/** The part of the chart's values that sets the rules. @module */

import { alertName, defaultAlerts, defaultThresholds } from "./settings.ts";
import { generatedNote } from "./yaml.ts";

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
