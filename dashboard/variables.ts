/** The dashboard's variables. @module */

import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  ConstantVariableBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableHide,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { VariableModel } from "@grafana/grafana-foundation-sdk/dashboard";
import { datasource } from "./panels/common.ts";
import { fewSelected } from "./queries/now.ts";
import { clusterLabel } from "./promql.ts";
import { selectedCluster, variable } from "./queries/selection.ts";
import { families } from "../src/metrics/families.ts";

const pairs = `${families.probesSent.name}{${selectedCluster}, destination_kind="node"}`;

/** Data source, zones and nodes; the choice of zones narrows the choice of nodes. */
export function variables(): Builder<VariableModel>[] {
  const { source, destination, sourceZone, destinationZone } = variable;
  const inZones = (zone: string) => pairs.replace("}", `, ${zone}=~"$${zone}"}`);
  return [
    new DatasourceVariableBuilder(variable.datasource).label("Data source").type("prometheus"),
    new ConstantVariableBuilder(variable.clusterLabel).value("cluster"),
    cluster(),
    nodes(sourceZone, "Source zone", `label_values(${pairs}, source_zone)`),
    nodes(source, "Source", `label_values(${inZones(sourceZone)}, source_node)`),
    nodes(destinationZone, "Destination zone", `label_values(${pairs}, destination_zone)`),
    nodes(
      destination,
      "Destination",
      `label_values(${inZones(destinationZone)}, destination_node)`,
    ),
    summarized(),
    zoned(),
  ];
}

/** The clusters of this Prometheus: one at a time, as rules judge each for itself. */
function cluster(): QueryVariableBuilder {
  const query = `label_values(${families.probesSent.name}, ${clusterLabel})`;
  return new QueryVariableBuilder(variable.cluster)
    .label("Cluster")
    .datasource(datasource)
    .query({ query, refId: variable.cluster })
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc);
}

/**
 * "node" while few nodes are selected, else without a value: the summary then asks for nothing,
 * since PromQL would read all raw counters even if it dropped them afterwards.
 */
function summarized(): QueryVariableBuilder {
  return hidden(variable.summarized, `label_replace(${fewSelected}, "is", "node", "", "")`);
}

/** "_zone" while many nodes are selected, else without a value: a cell's name is a zone's then. */
function zoned(): QueryVariableBuilder {
  const many = `(vector(1) unless on () ${fewSelected})`;
  return hidden(variable.zoned, `label_replace(${many}, "is", "_zone", "", "")`);
}

/** Has the value of the label "is", where the expression has any result. */
function hidden(name: string, expr: string): QueryVariableBuilder {
  const query = `query_result(${expr})`;
  return new QueryVariableBuilder(name)
    .datasource(datasource)
    .query({ query, refId: name })
    .definition(query)
    .regex('/is="(.*)"/')
    .hide(VariableHide.HideVariable)
    .refresh(VariableRefresh.OnTimeRangeChanged);
}

function nodes(name: string, label: string, query: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(datasource)
    .query({ query, refId: name })
    .definition(query)
    .multi(true)
    .includeAll(true)
    // Zones may be unknown: .* takes series without the label as well.
    .allValue(".*")
    .current({ selected: true, text: ["All"], value: ["$__all"] })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc);
}
