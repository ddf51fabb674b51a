/** The dashboard's variables. @module */

import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableHide,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { VariableModel } from "@grafana/grafana-foundation-sdk/dashboard";
import { families } from "../src/metrics/families.ts";
import { datasource } from "./panels/common.ts";
import { fewSelected } from "./queries/now.ts";
import { variable } from "./queries/selection.ts";

const pairs = `${families.probesSent.name}{destination_kind="node"}`;

/** Data source, zones and nodes; the choice of zones narrows the choice of nodes. */
export function variables(): Builder<VariableModel>[] {
  const { source, destination, sourceZone, destinationZone } = variable;
  const inZones = (zone: string) => pairs.replace("}", `, ${zone}=~"$${zone}"}`);
  return [
    new DatasourceVariableBuilder(variable.datasource).label("Data source").type("prometheus"),
    nodes(sourceZone, "Source zone", `label_values(${pairs}, source_zone)`),
    nodes(source, "Source", `label_values(${inZones(sourceZone)}, source_node)`),
    nodes(destinationZone, "Destination zone", `label_values(${pairs}, destination_zone)`),
    nodes(
      destination,
      "Destination",
      `label_values(${inZones(destinationZone)}, destination_node)`,
    ),
    summarized(),
  ];
}

/**
 * "node" while few nodes are selected, else without a value: the summary then asks for nothing,
 * since PromQL would read all raw counters even if it dropped them afterwards.
 */
function summarized(): QueryVariableBuilder {
  const query = `query_result(label_replace(${fewSelected}, "kind", "node", "", ""))`;
  return new QueryVariableBuilder(variable.summarized)
    .datasource(datasource)
    .query({ query, refId: variable.summarized })
    .definition(query)
    .regex('/kind="(.*)"/')
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
