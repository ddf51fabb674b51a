/** What a metric family is, and how the usual kinds of families are read from the totals. @module */

import type { MetricSource } from "./agent_status.ts";
import { rttBucketsSeconds } from "../pairs/pair.ts";
import type { PairTotals, RttHistogram } from "../pairs/pair.ts";
import type { Pair } from "../pairs/pairs.ts";

/** Names and values of labels. */
export type Labels = Readonly<Record<string, string>>;

/** One line of the exposition. */
export interface Sample {
  /** Name of the line, where it is not the family's (histograms). */
  readonly metricName?: string;
  /** Those beside the shared ones. */
  readonly labels: Labels;
  /** Labels of the pair; prom-client formats each such object once. */
  readonly sharedLabels?: Labels;
  /** In the unit that the family is named for. */
  readonly value: number;
}

/**
 * Reads one family. All numbers are read at once; the samples, many objects for few numbers, are
 * made as they are asked for, so that few of them exist at a time.
 */
export type SampleReader = (source: MetricSource) => Iterable<Sample>;

/** One metric family of the exposition. */
export interface MetricFamily {
  /** Full name; base units, `_total` for counters. */
  readonly name: string;
  /** Prometheus type. */
  readonly type: "counter" | "gauge" | "histogram";
  /** What one series is about: a pair of nodes, or the agent of the source node. */
  readonly of: "pair" | "source";
  /** Every label of a series, but for the zone labels, which only known zones bring. */
  readonly labels: readonly string[];
  /** The HELP text. */
  readonly help: string;
  /** Reads its samples at one moment. */
  readonly read: SampleReader;
}

/** Labels of a pair; `source_zone` and `destination_zone` are added where zones are known. */
export const pairLabels = [
  "source_node",
  "destination_node",
  "destination_address",
  "destination_kind",
] as const;

/** The zone labels, present only where the zone is known. */
export const zoneLabels = ["source_zone", "destination_zone"] as const;

/** What is particular to a family of one number a pair. */
export interface PairValue {
  /** Full name. */
  readonly name: string;
  /** The HELP text. */
  readonly help: string;
  /** The number; undefined where the pair has none. */
  readonly read: (totals: PairTotals, nowMs: number) => number | undefined;
}

/** A counter of each pair. */
export function pairCounter(value: PairValue): MetricFamily {
  return pairFamily("counter", value);
}

/** A gauge of each pair. */
export function pairGauge(value: PairValue): MetricFamily {
  return pairFamily("gauge", value);
}

function pairFamily(type: "counter" | "gauge", { name, help, read }: PairValue): MetricFamily {
  return {
    ...{ name, type, of: "pair", labels: pairLabels, help },
    read: (source) => {
      const nowMs = source.monotonicMs();
      const shared: Labels[] = [];
      const values: number[] = [];
      for (const pair of source.pairs.all) {
        const value = read(pair.totals, nowMs);
        if (value === undefined) continue;
        shared.push(pairLabelsOf(pair, source));
        values.push(value);
      }
      return pairSamples(shared, values);
    },
  };
}

function* pairSamples(shared: readonly Labels[], values: readonly number[]): Iterable<Sample> {
  for (const [index, sharedLabels] of shared.entries()) {
    yield { labels: none, sharedLabels, value: values[index] ?? NaN };
  }
}

const none: Labels = {};

/** What is particular to a family of the agent itself. */
export interface AgentValue {
  /** Name without nodeping_agent_. */
  readonly name: string;
  /** Labels beside source_node. */
  readonly labels?: readonly string[];
  /** The HELP text. */
  readonly help: string;
  /** The number, or the series with their own labels. */
  readonly read: (
    source: MetricSource,
  ) => number | readonly { readonly labels: Labels; readonly value: number }[];
}

/** A counter of the agent. */
export function agentCounter(value: AgentValue): MetricFamily {
  return agentFamily("counter", value);
}

/** A gauge of the agent. */
export function agentGauge(value: AgentValue): MetricFamily {
  return agentFamily("gauge", value);
}

function agentFamily(type: "counter" | "gauge", value: AgentValue): MetricFamily {
  const { name, labels = [], help, read } = value;
  return {
    ...{ name: `nodeping_agent_${name}`, type, of: "source", help },
    labels: ["source_node", ...labels],
    read: (source) => {
      const result = read(source);
      const series = typeof result === "number" ? [{ labels: none, value: result }] : result;
      return series.map(({ labels, value }) => ({
        labels: { source_node: source.sourceNode, ...labels },
        value,
      }));
    },
  };
}

/** Labels of each pair, made once and again when the destination or the own zone changes. */
const labelsOfPair = new WeakMap<object, { readonly zone: string | undefined; labels: Labels }>();

/** The labels of a pair, the same object at each call. */
export function pairLabelsOf({ destination }: Pair, source: MetricSource): Labels {
  const zone = source.sourceZone();
  const made = labelsOfPair.get(destination);
  if (made !== undefined && made.zone === zone) return made.labels;
  const labels = {
    source_node: source.sourceNode,
    destination_node: destination.name,
    destination_address: destination.address,
    destination_kind: destination.kind,
    ...(zone === undefined ? {} : { source_zone: zone }),
    ...(destination.zone === undefined ? {} : { destination_zone: destination.zone }),
  };
  labelsOfPair.set(destination, { zone, labels });
  return labels;
}

/** fping prints whole microseconds; what a sum has below nanoseconds is noise of the addition. */
export function inWholeNanoseconds(seconds: number): number {
  return Math.round(seconds * 1e9) / 1e9;
}

/** As Go spells them ("5e-05"): node-exporter does, and both ways must give one series. */
const bounds = rttBucketsSeconds.map((bound) =>
  bound < 0.0001 ? bound.toExponential().replace(/e-(\d)$/, "e-0$1") : String(bound)
);

/** The lines of one histogram of the family with this name. */
export function histogramSamples(
  name: string,
  histogram: RttHistogram,
  sharedLabels: Labels,
): readonly Sample[] {
  let cumulated = 0;
  const buckets = Array.from(histogram.counts, (count, index): Sample => {
    cumulated += count;
    const le = bounds[index] ?? "+Inf";
    return { metricName: `${name}_bucket`, labels: { le }, sharedLabels, value: cumulated };
  });
  const sum = inWholeNanoseconds(histogram.sumSeconds);
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: none, sharedLabels, value: sum },
    { metricName: `${name}_count`, labels: none, sharedLabels, value: cumulated },
  ];
}

const offsetBasis = 0xcbf29ce484222325n;
const prime = 0x100000001b3n;

/**
 * A number that stands for a node's name, the same everywhere and always: PromQL cannot order
 * strings, and a link between two nodes needs one name. FNV-1a of the name's UTF-8 bytes, its upper
 * 53 bits, which a sample holds exactly.
 */
export function nodeOrder(name: string): number {
  let hash = offsetBasis;
  for (const byte of new TextEncoder().encode(name)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * prime);
  }
  return Number(hash >> 11n);
}
