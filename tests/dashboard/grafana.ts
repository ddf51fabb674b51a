/** What Grafana does to a dashboard's queries. @module */

import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";

/** A query of a panel, as it stands in the JSON. */
export interface PanelQuery {
  readonly panel: string;
  readonly refId: string;
  readonly expr: string;
  /** An instant query; else a range query. */
  readonly instant: boolean;
}

/** Values of the variables: what `$name` becomes. */
export type VariableValues = Readonly<Record<string, string>>;

/** One cluster whose series have no label that says so. */
export const oneCluster: VariableValues = { cluster_label: "cluster", cluster: "" };

/** The variables with "All" chosen, pairs summarized by node. */
export const allNodes: VariableValues = {
  ...oneCluster,
  source: ".*",
  destination: ".*",
  source_zone: ".*",
  destination_zone: ".*",
  summarized: "node",
};

/** Every query of every panel, those in closed rows too. */
export function panelQueries(dashboard: Dashboard): readonly PanelQuery[] {
  const panels = (dashboard.panels ?? []).flatMap((panel) =>
    "panels" in panel && panel.type === "row" ? panel.panels : [panel]
  );
  return panels.flatMap((panel) => {
    const targets = ("targets" in panel ? panel.targets : undefined) ?? [];
    return targets.map((target): PanelQuery => {
      const { refId = "", expr = "", instant = false } = target as Partial<PanelQuery>;
      return { panel: panel.title ?? "", refId, expr, instant };
    });
  });
}

/** One value of a variable with several: itself, escaped for a regular expression. */
export function several(values: readonly string[]): string {
  const escaped = values.map((value) => value.replace(/[\\^$*+?.()|[\]{}/]/g, "\\\\$&"));
  return escaped.length === 1 ? escaped[0] ?? "" : `(${escaped.join("|")})`;
}

/**
 * The query with all variables filled in, as Grafana's Prometheus data source does: $__rate_interval
 * is the larger of four scrape intervals and step plus scrape interval.
 */
export function filledIn(
  expr: string,
  values: VariableValues,
  time: {
    readonly rangeSeconds: number;
    readonly stepSeconds: number;
    readonly scrapeSeconds: number;
  },
): string {
  const rate = Math.max(time.stepSeconds + time.scrapeSeconds, 4 * time.scrapeSeconds);
  const all: VariableValues = {
    ...values,
    __range: `${time.rangeSeconds}s`,
    __rate_interval: `${rate}s`,
  };
  const filled = expr.replace(
    /\$(\w+)/g,
    (whole, name: string) => /^\d+$/.test(name) ? whole : all[name] ?? whole,
  );
  const left = filled.match(/\$[a-z_]\w*/i);
  if (left !== null) throw new Error(`Unknown variable ${left[0]} in ${expr}`);
  return filled;
}
