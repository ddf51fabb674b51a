/** Queries of pairs from raw counters: the summary and the graphs of one source. @module */

import { pairIdentity, pairIncrease, selector } from "../promql.ts";
import { selectedFewPairs, selectedRawPairs } from "./selection.ts";
import { families } from "../../src/metrics/families.ts";
import type { MetricFamily } from "../../src/metrics/samples.ts";

const shown = "source_node, destination_node, destination_address";

/** Columns of the summary: one value a pair for the dashboard's whole period. */
export function summary(matchers = selectedFewPairs): {
  readonly loss: string;
  readonly mean: string;
  readonly min: string;
  readonly max: string;
  readonly deviation: string;
  readonly bursts: string;
  readonly pathMtu: string;
} {
  const total = (family: MetricFamily) =>
    `sum by (${shown}) (${pairIncrease(family, "$__range", matchers)})`;
  const over = (aggregate: string, overTime: string, family: MetricFamily) =>
    `${aggregate} by (${shown}) (${overTime}(${selector(family, matchers)}[$__range]))`;
  const received = total(families.probesReceived);
  return {
    loss: `clamp_min(1 - ${received} / (${total(families.probesSent)} > 0), 0)`,
    mean: `${total(families.rttSum)} / (${received} > 0)`,
    min: over("min", "min_over_time", families.rttMin),
    max: over("max", "max_over_time", families.rttMax),
    deviation: over("max", "avg_over_time", families.rttStddev),
    bursts: `round(${total(families.lossBursts)})`,
    pathMtu: over("min", "min_over_time", families.pathMtuBytes),
  };
}

/** Graphs of each pair over time. */
export function pairGraphs(matchers = selectedRawPairs): {
  readonly loss: string;
  readonly mean: string;
  readonly max: string;
  readonly bursts: string;
  readonly pathMtu: string;
} {
  const rate = (family: MetricFamily) =>
    `max by (${pairIdentity}) (rate(${selector(family, matchers)}[$__rate_interval]))`;
  const received = rate(families.probesReceived);
  return {
    loss: `clamp_min(1 - ${received} / (${rate(families.probesSent)} > 0), 0)`,
    mean: `${rate(families.rttSum)} / (${received} > 0)`,
    max: `max by (${pairIdentity}) (${selector(families.rttMax, matchers)})`,
    bursts: `${pairIncrease(families.lossBursts, "$__rate_interval", matchers)} > 0`,
    pathMtu: `max by (${pairIdentity}) (${selector(families.pathMtuBytes, matchers)})`,
  };
}
