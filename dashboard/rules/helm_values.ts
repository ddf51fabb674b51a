/** The part of the chart's values that sets the rules. @module */

import { alertName, defaultAlerts, defaultThresholds } from "./settings.ts";
import { generatedNote } from "./yaml.ts";

const about: Readonly<Record<keyof typeof defaultThresholds, string>> = {
  window: "Range of every rate; at least four scrape intervals",
  loss: "Part of the probes above which a pair counts as bad, 0 to 1",
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
