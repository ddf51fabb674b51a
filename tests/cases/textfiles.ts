/** The textfiles that the agents of a case would have written. @module */

import { families } from "../../src/metrics/families.ts";
import { caseMesh } from "./cluster.ts";
import type { CaseCluster } from "./cluster.ts";

/** Unix time at which every agent of a case wrote. */
const writtenSeconds = 1_767_225_600;

/** Texts by file name, one of each agent that is not silent. */
export function caseTextfiles(cluster: CaseCluster): ReadonlyMap<string, string> {
  const { pairs, sources } = caseMesh(cluster);
  const node = new Map(cluster.nodes.map((one) => [one.name, one]));
  const texts = sources.filter((source) => !source.silent).map(({ name }) => {
    const own = pairs.filter((pair) => pair.source === name);
    const labels = (destination: string, address: string) => {
      const zones = [["source_zone", node.get(name)?.zone], [
        "destination_zone",
        node.get(destination)?.zone,
      ]].flatMap(([label, zone]) => zone === undefined ? [] : [`,${label}="${zone}"`]);
      return `{source_node="${name}",destination_node="${destination}",` +
        `destination_address="${address}",destination_kind="node"${zones.join("")}}`;
    };
    const family = (
      { name, type, help }: { readonly name: string; readonly type: string; readonly help: string },
      samples: readonly string[],
    ) =>
      samples.length === 0 ? "" : `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n` +
        samples.map((sample) => `${name}${sample}\n`).join("");
    const cordoned = cluster.nodes.filter((one) => one.cordoned && one.name !== name);
    const text = family(
      families.probesSent,
      own.map((pair) => `${labels(pair.destination, pair.address)} ${pair.sent}`),
    ) + family(
      families.probesReceived,
      own.map((pair) => `${labels(pair.destination, pair.address)} ${pair.received}`),
    ) + family(
      families.rttSum,
      own.map((pair) =>
        `${labels(pair.destination, pair.address)} ${pair.rttSumSeconds?.toFixed(6)}`
      ),
    ) + family(
      families.destinationCordoned,
      cordoned.map((one) => `{source_node="${name}",destination_node="${one.name}"} 1`),
    ) + family(families.agentMeasuring, [`{source_node="${name}"} 1`]) +
      family(families.agentLastWriteTimestamp, [`{source_node="${name}"} ${writtenSeconds}`]);
    return [`node-ping_${name}.prom`, text] as const;
  });
  return new Map(texts);
}
