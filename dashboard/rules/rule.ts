/** Rules of Prometheus as data: what a rule is, what can be set of it, and the values of the chart that set it. @module */

/** A rule that records a series. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** An alert. */
export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A group: its rules are evaluated one after the other, each seeing those before it. */
export interface RuleGroup {
  readonly name: string;
  /** Time between two evaluations; Prometheus's own when left out. */
  readonly interval?: string;
  readonly rules: readonly (RecordingRule | AlertRule)[];
}

/** Thresholds of the rules. In the chart each is a placeholder for a value, so all are text. */
export interface Thresholds {
  /** Range of every rate; at least four scrape intervals. */
  readonly window: string;
  /** Part of the probes above which a pair counts as bad, 0 to 1. */
  readonly loss: string;
  /** A cause must still lose within this time; at least one scrape interval. */
  readonly stillLosing: string;
  /** Loss from which a node is unreachable and not merely lossy, 0 to 1. */
  readonly unreachable: string;
  /** Range over which loss bursts are counted. */
  readonly burstWindow: string;
  /** Loss bursts of one pair within `burstWindow` that are too many. */
  readonly lossBursts: string;
  /** How many times its usual a round-trip time must be. */
  readonly rttFactor: string;
  /** And by how much, in seconds. */
  readonly rttIncreaseSeconds: string;
  /** Range whose mean is the usual round-trip time. */
  readonly rttUsualWindow: string;
  /** Part of the planned probe rate below which an agent is too slow, 0 to 1. */
  readonly probeRate: string;
  /** Seconds without a write after which an agent counts as stopped. */
  readonly staleSeconds: string;
}

/** The values that the chart comes with and that the plain files hold. */
export const defaultThresholds: Thresholds = {
  window: "2m",
  loss: "0.02",
  stillLosing: "1m",
  unreachable: "0.9",
  burstWindow: "10m",
  lossBursts: "1",
  rttFactor: "3",
  rttIncreaseSeconds: "0.001",
  rttUsualWindow: "1d",
  probeRate: "0.9",
  staleSeconds: "120",
};

/** How an alert is raised. */
export interface AlertSettings {
  /** How long its expression must hold. */
  readonly for: string;
  readonly severity: string;
}

/** Every alert, by its key in the chart's values. */
export const defaultAlerts = {
  nodeUnreachable: { for: "2m", severity: "critical" },
  nodeLossy: { for: "2m", severity: "warning" },
  sourceFaulty: { for: "2m", severity: "warning" },
  destinationNotAnswering: { for: "2m", severity: "warning" },
  linkLossy: { for: "2m", severity: "warning" },
  zonePairLossy: { for: "2m", severity: "critical" },
  pathLossy: { for: "2m", severity: "critical" },
  pathMtuBlackHole: { for: "1m", severity: "warning" },
  pathMtuSmall: { for: "15m", severity: "info" },
  lossBursts: { for: "3m", severity: "info" },
  rttHigh: { for: "5m", severity: "warning" },
  agentNotMeasuring: { for: "5m", severity: "warning" },
  agentMissing: { for: "5m", severity: "warning" },
  probeRateLow: { for: "10m", severity: "warning" },
  clockSteps: { for: "10m", severity: "warning" },
  configDiffers: { for: "10m", severity: "warning" },
  configRefused: { for: "5m", severity: "warning" },
  nodeNotInList: { for: "15m", severity: "warning" },
  configEntriesSkipped: { for: "10m", severity: "warning" },
  targetsUnresolved: { for: "10m", severity: "warning" },
  nodeListStale: { for: "5m", severity: "warning" },
  syncFailing: { for: "15m", severity: "warning" },
  tooFewSources: { for: "10m", severity: "warning" },
  noAgent: { for: "5m", severity: "critical" },
} as const satisfies Record<string, AlertSettings>;

/** The key of an alert in the chart's values. */
export type AlertKey = keyof typeof defaultAlerts;

/** Everything that the rules are made from. */
export interface RuleSettings {
  readonly thresholds: Thresholds;
  readonly alerts: Readonly<Record<AlertKey, AlertSettings>>;
  /** Name of the chart's objects, of which the sync's Deployment has one made of it. */
  readonly fullname: string;
  /** The label that tells clusters apart in one Prometheus. */
  readonly clusterLabel: string;
  /** Where docs/alerts.md is served; the alert's name follows as a fragment. Empty: no link. */
  readonly runbookUrl: string;
}

/** The settings of the plain files. */
export const defaultSettings: RuleSettings = {
  thresholds: defaultThresholds,
  alerts: defaultAlerts,
  fullname: "node-ping",
  clusterLabel: "cluster",
  runbookUrl: "",
};

/** The name of an alert: `nodeLossy` is NodePingNodeLossy. */
export function alertName(key: AlertKey): string {
  return `NodePing${key.charAt(0).toUpperCase()}${key.slice(1)}`;
}

/** The first line of every generated file. */
export const generatedNote = "Made by `deno task generate` from dashboard/: do not edit";

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

const aboutAlerts =
  "Each alert: whether it is there, how long its condition must hold, its severity";

/** The part of chart/values.yaml that sets the rules, as it stands under `prometheusRule:`. */
export function ruleValues(): string {
  const thresholds = Object.entries(defaultThresholds).map(([key, value]) =>
    `    # -- ${about[key as keyof typeof about]}\n    ${key}: ${value}\n`
  );
  const alerts = Object.entries(defaultAlerts).map(([key, one]) =>
    `    # -- ${alertName(key as keyof typeof defaultAlerts)}\n` +
    `    ${key}: { enabled: true, for: ${one.for}, severity: ${one.severity} }\n`
  );
  return `  thresholds:
${thresholds.join("")}  # -- ${aboutAlerts}
  alerts:
${alerts.join("")}`.trimEnd();
}

/** The same as properties of `prometheusRule` in chart/values.schema.json. */
export function ruleValuesSchema(): Readonly<Record<"thresholds" | "alerts", object>> {
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
  return {
    thresholds: object(thresholds),
    alerts: { description: aboutAlerts, ...object(alerts) },
  };
}

/** Whether the expression of the alert looks at its `for` itself, as a range. */
function isRange(key: string): boolean {
  return key === "agentMissing";
}

function isRatio(key: keyof typeof about): boolean {
  return about[key].endsWith("0 to 1");
}
