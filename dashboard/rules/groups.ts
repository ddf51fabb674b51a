/** Every rule, in groups. @module */

import { withClusterLabel } from "../promql.ts";
import { agentAlerts } from "./agent_alerts.ts";
import { causeAlerts } from "./cause_alerts.ts";
import { causeRules } from "./causes.ts";
import { listAlerts, staleNodeRules } from "./list_alerts.ts";
import { lossBurstRules } from "./loss_bursts.ts";
import { meanRules, measurementRules, refusalRules, usualRules } from "./measurements.ts";
import { pathMtuRules } from "./path_mtu.ts";
import type { AlertKey, AlertRule, RuleGroup, RuleSettings } from "./rule.ts";
import { alertName } from "./rule.ts";

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
    if (text === undefined) throw new Error(`Alert "${key}" has no expression`);
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
