/** How the samples of a family are read from the totals. @module */

import type { MetricSource } from "./agent_status.ts";
import { families } from "./families.ts";
import type { MetricFamily } from "./families.ts";
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
  /** Labels of the pair; the registry formats each such object once. */
  readonly sharedLabels?: Labels;
  /** In the unit that the family is named for. */
  readonly value: number;
}

/** Reads the samples of one family. */
export type SampleReader = (source: MetricSource) => readonly Sample[];

const none: Labels = {};

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

function ofPairs(read: (totals: PairTotals) => number | undefined): SampleReader {
  return (source) => {
    const samples: Sample[] = [];
    for (const pair of source.pairs.all) {
      const value = read(pair.totals);
      if (value === undefined) continue;
      samples.push({ labels: none, sharedLabels: pairLabelsOf(pair, source), value });
    }
    return samples;
  };
}

/** fping prints whole nanoseconds at most; smaller digits of a sum are noise of the addition. */
function inWholeNanoseconds(seconds: number): number {
  return Math.round(seconds * 1e9) / 1e9;
}

function ofWindow(field: "minSeconds" | "maxSeconds" | "stddevSeconds"): SampleReader {
  return (source) => {
    const nowMs = source.monotonicMs();
    return ofPairs((totals) => totals.window.statistics(nowMs)?.[field])(source);
  };
}

function ofAgent(read: (source: MetricSource) => number | undefined): SampleReader {
  return (source) => {
    const value = read(source);
    return value === undefined ? [] : [{ labels: { source_node: source.sourceNode }, value }];
  };
}

const icmpErrorSamples: SampleReader = (source) => {
  const samples: Sample[] = [];
  for (const pair of source.pairs.all) {
    const sharedLabels = pairLabelsOf(pair, source);
    for (const [type, value] of pair.totals.icmpErrors) {
      samples.push({ labels: { type }, sharedLabels, value });
    }
  }
  return samples;
};

const cordonedSamples: SampleReader = (source) => {
  const cordoned = [...source.pairs.all]
    .filter(({ destination }) => destination.cordoned && destination.kind === "node")
    .map(({ destination }) => destination.name);
  return [...new Set(cordoned)].map((name) => ({
    labels: { source_node: source.sourceNode, destination_node: name },
    value: 1,
  }));
};

/** As Go spells them ("5e-05"): node-exporter does, and both ways must give one series. */
const bounds = rttBucketsSeconds.map((bound) =>
  bound < 0.0001 ? bound.toExponential().replace(/e-(\d)$/, "e-0$1") : String(bound)
);

function histogramSamples(
  { name }: MetricFamily,
  histogram: RttHistogram,
  sharedLabels: Labels,
): readonly Sample[] {
  let cumulated = 0;
  const buckets = Array.from(histogram.counts, (count, index): Sample => {
    cumulated += count;
    const le = bounds[index] ?? "+Inf";
    return { metricName: `${name}_bucket`, labels: { le }, sharedLabels, value: cumulated };
  });
  return [
    ...buckets,
    {
      metricName: `${name}_sum`,
      labels: none,
      sharedLabels,
      value: inWholeNanoseconds(histogram.sumSeconds),
    },
    { metricName: `${name}_count`, labels: none, sharedLabels, value: cumulated },
  ];
}

const distributionSamples: SampleReader = ({ pairs, sourceNode }) =>
  [...pairs.distributions].flatMap(([zone, histogram]) => {
    const labels = { source_node: sourceNode, ...(zone ? { destination_zone: zone } : {}) };
    return histogramSamples(families.rttDistribution, histogram, labels);
  });

const pairDistributionSamples: SampleReader = (source) =>
  [...source.pairs.all].flatMap((pair) => {
    const { distribution } = pair.totals;
    if (distribution === undefined) return [];
    const labels = pairLabelsOf(pair, source);
    return histogramSamples(families.pairRttDistribution, distribution, labels);
  });

/** How each family is read. */
export const sampleReaders: Readonly<Record<keyof typeof families, SampleReader>> = {
  probesSent: ofPairs((totals) => totals.sent),
  probesReceived: ofPairs((totals) => totals.received),
  rttSum: ofPairs((totals) => inWholeNanoseconds(totals.rttSumSeconds)),
  rttMin: ofWindow("minSeconds"),
  rttMax: ofWindow("maxSeconds"),
  rttStddev: ofWindow("stddevSeconds"),
  duplicates: ofPairs((totals) => totals.duplicates),
  sendFailures: ofPairs((totals) => totals.sendFailures),
  lossBursts: ofPairs((totals) => totals.lossBursts),
  icmpErrors: icmpErrorSamples,
  destinationCordoned: cordonedSamples,
  rttDistribution: distributionSamples,
  pairRttDistribution: pairDistributionSamples,
  agentBuildInfo: ({ sourceNode, version, denoVersion, status }) => [{
    labels: {
      source_node: sourceNode,
      version,
      deno_version: denoVersion,
      fping_version: status.fpingVersion,
    },
    value: 1,
  }],
  agentTargets: ofAgent(({ status }) => status.targets),
  agentMeshDegree: ofAgent(({ status }) => status.meshDegree),
  agentMeasuring: ofAgent(({ measuring }) => Number(measuring())),
  agentInNodeList: ofAgent(({ status }) => Number(status.inNodeList)),
  agentConfigInfo: ({ sourceNode, status: { configHash: hash } }) =>
    hash === undefined ? [] : [{ labels: { source_node: sourceNode, hash }, value: 1 }],
  agentReloadSuccess: ofAgent(({ status }) => Number(status.reloadSucceeded)),
  agentReloadTimestamp: ofAgent(({ status }) => status.reloadTimestampSeconds),
  agentFpingRestarts: ({ sourceNode, status }) =>
    [...status.fpingRestarts].map(([reason, value]) => ({
      labels: { source_node: sourceNode, reason },
      value,
    })),
  agentWrongSource: ofAgent(({ status }) => status.wrongSource),
  agentClockSteps: ofAgent(({ status }) => status.clockSteps),
  agentUnparsedLines: ofAgent(({ status }) => status.unparsedLines),
  agentResolutionFailures: ofAgent(({ status }) => status.resolutionFailures),
  agentTextfileWriteSeconds: ofAgent(({ status }) => status.textfileWriteSeconds),
  agentTextfileWriteErrors: ofAgent(({ status }) => status.textfileWriteErrors),
  agentLastWriteTimestamp: ofAgent(({ wallMs }) => wallMs() / 1000),
  agentNodeOrder: ofAgent(({ sourceNode }) => nodeOrder(sourceNode)),
  agentProbePeriod: ofAgent(({ periodSeconds }) => periodSeconds),
};

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
