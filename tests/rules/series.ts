/** Input series of promtool's unit tests, made from a cluster. @module */

import type { PairMeasurement } from "../../src/mesh/mesh.ts";
import { families } from "../../src/metrics/families.ts";
import { nodeOrder } from "../../src/metrics/samples.ts";
import { caseMesh } from "../cases/cluster.ts";
import type { CaseCluster } from "../cases/cluster.ts";

/** One series in promtool's notation: its values, one a step. */
export interface InputSeries {
  readonly series: string;
  readonly values: string;
}

/** Time between two scrapes in the tests, as promtool's `interval`. */
export const stepSeconds = 60;
const probesPerStep = 2 * stepSeconds;

/** Labels as they stand in a series. */
export function labelText(labels: Readonly<Record<string, string | undefined>>): string {
  const pairs = Object.entries(labels).filter(([, value]) => value !== undefined);
  return `{${pairs.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(", ")}}`;
}

/** How the values of a series go on: `0+60x20` and the like. */
export interface PairValues {
  readonly sent: string;
  readonly received: string;
  readonly rttSum: string;
  readonly bursts: string;
}

/** A counter that goes up by `perStep` from 0, over `steps` steps. */
export function counting(perStep: number, steps: number, start = 0): string {
  return `${start}+${round(perStep)}x${steps}`;
}

function round(value: number): number {
  return Math.round(value * 1e9) / 1e9;
}

/** The series of a pair whose loss is steady. */
export function steadyPair(pair: PairMeasurement, steps: number): PairValues {
  const received = probesPerStep * pair.received / pair.sent;
  const loss = 1 - pair.received / pair.sent;
  return {
    sent: counting(probesPerStep, steps),
    received: counting(received, steps),
    rttSum: counting(received * 0.0005, steps),
    bursts: loss < minLossOfBursts
      ? counting(0, steps)
      : `0 ${counting(probesPerStep * loss ** 3 * (1 - loss), steps - 1, 1)}`,
  };
}

/** Below this loss, three lost probes in a row are rare. */
const minLossOfBursts = 0.1;

/** By metric name, series that differ from those of an agent that does well; and its `hash`. */
export interface AgentValues {
  readonly [name: string]: string;
}

/** Every series that the agents of the cluster export, for as many steps. */
export function clusterSeries(
  cluster: CaseCluster,
  steps: number,
  valuesOf: (pair: PairMeasurement) => PairValues | undefined = (pair) => steadyPair(pair, steps),
  agents: Readonly<Record<string, AgentValues>> = {},
): readonly InputSeries[] {
  const zoneOf = new Map(cluster.nodes.map(({ name, zone }) => [name, zone]));
  const pairs = caseMesh(cluster).pairs.flatMap((pair) => {
    const labels = labelText({
      source_node: pair.source,
      destination_node: pair.destination,
      destination_address: pair.address,
      destination_kind: "node",
      source_zone: zoneOf.get(pair.source),
      destination_zone: zoneOf.get(pair.destination),
      ...scrapeOf(pair.source),
    });
    const values = valuesOf(pair);
    if (values === undefined) return [];
    const { sent, received, rttSum, bursts } = values;
    return [
      { series: families.probesSent.name + labels, values: sent },
      { series: families.probesReceived.name + labels, values: received },
      { series: families.rttSum.name + labels, values: rttSum },
      { series: families.lossBursts.name + labels, values: bursts },
    ];
  });
  const agentsOwn = cluster.nodes
    .filter(({ name }) => !cluster.silent.includes(name))
    .flatMap((
      { name },
    ) => [...agentSeries(name, steps, agents[name]), ...cordonSeries(cluster, name, steps)]);
  return [...pairs, ...agentsOwn];
}

function scrapeOf(node: string): { readonly job: string; readonly instance: string } {
  return { job: "node-exporter", instance: `${node}:9100` };
}

/** The series of an agent that does well. */
export function agentSeries(
  node: string,
  steps: number,
  changed: AgentValues = {},
): readonly InputSeries[] {
  const { hash: list = "the-list", ...others } = changed;
  const values: Record<string, string> = {
    [families.agentMeasuring.name]: `1x${steps}`,
    [families.agentInNodeList.name]: `1x${steps}`,
    [families.agentReloadSuccess.name]: `1x${steps}`,
    [families.agentLastWriteTimestamp.name]: counting(stepSeconds, steps),
    [families.agentNodeOrder.name]: `${nodeOrder(node)}x${steps}`,
    [families.agentProbePeriod.name]: `0.5x${steps}`,
    ...others,
  };
  const labels = labelText({ source_node: node, ...scrapeOf(node) });
  const hash = labelText({ source_node: node, hash: list, ...scrapeOf(node) });
  return [
    ...Object.entries(values).map(([name, value]) => ({ series: name + labels, values: value })),
    { series: families.agentConfigInfo.name + hash, values: `1x${steps}` },
  ];
}

function cordonSeries(cluster: CaseCluster, source: string, steps: number): InputSeries[] {
  return cluster.nodes
    .filter(({ name, cordoned }) => cordoned === true && name !== source)
    .map(({ name }) => ({
      series: families.destinationCordoned.name +
        labelText({ source_node: source, destination_node: name, ...scrapeOf(source) }),
      values: `1x${steps}`,
    }));
}
