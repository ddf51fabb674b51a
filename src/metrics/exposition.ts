/** The exposition: all families in prom-client's text, as the textfile and /metrics have it. @module */

import { Registry } from "prom-client";
import type { Metric } from "prom-client";
import type { MetricSource } from "./agent_status.ts";
import { families, minimalPairFamilies } from "./families.ts";
import { flantFamilies } from "./flant.ts";
import type { MetricFamily, Sample } from "./samples.ts";

/** Settings of {@linkcode makeRegistry}. */
export interface RegistryOptions {
  /** Whether to add the families of {@linkcode flantFamilies}. */
  readonly flantCompatibility: boolean;
  /** Whether pairs have all their families, or {@linkcode minimalPairFamilies} alone. */
  readonly pairMetrics: "all" | "minimal";
  /** Whether to add the histogram of each pair. */
  readonly pairDistribution: boolean;
}

/** What is exposed, and how. */
export interface AgentRegistry {
  /** Content type of the exposition. */
  readonly contentType: string;
  /** The families that are exported, in their order. */
  readonly families: readonly Omit<MetricFamily, "of">[];
  /** What their samples are read from. */
  readonly source: MetricSource;
}

/** Says which families the textfile and /metrics have. */
export function makeRegistry(source: MetricSource, options: RegistryOptions): AgentRegistry {
  return {
    contentType: Registry.PROMETHEUS_CONTENT_TYPE,
    families: [
      ...wantedFamilies(options).map(([, family]) => family),
      ...options.flantCompatibility ? flantFamilies : [],
    ],
    source,
  };
}

/** The families of the list that are exported, with their names for code. */
export function wantedFamilies(
  options: Pick<RegistryOptions, "pairMetrics" | "pairDistribution">,
): readonly (readonly [keyof typeof families, MetricFamily])[] {
  const all = Object.entries(families) as [keyof typeof families, MetricFamily][];
  return all.filter(([, family]) => isWanted(family, options));
}

function isWanted(
  family: MetricFamily,
  options: Pick<RegistryOptions, "pairMetrics" | "pairDistribution">,
): boolean {
  if (family === families.pairRttDistribution) return options.pairDistribution;
  return options.pairMetrics === "all" || family.of !== "pair" || minimalPairFamilies.has(family);
}

const encoder = new TextEncoder();

/**
 * A part has about 60 kB: larger texts are garbage of the old generation, which is dear to collect.
 */
const maxSamplesInPart = 200;

/**
 * The exposition in the text format 0.0.4, in UTF-8, in parts: all families, or those of the given
 * names that there are.
 *
 * Everything is read before the first part is made, so that all families are of one moment however
 * slowly they are written: loss is the difference of two of them. The text is prom-client's, the
 * samples are ours: its own counters and gauges hold a second copy of every series and hash its
 * labels at each change, and filling them for an exposition costs four times as much.
 */
export async function* exposition(
  { families, source }: AgentRegistry,
  names?: ReadonlySet<string>,
): AsyncGenerator<Uint8Array> {
  const moment = families.filter(({ name }) => names === undefined || names.has(name))
    .map((family) => ({ family, samples: family.read(source) }));
  for (const { family, samples } of moment) {
    let header: string | undefined;
    for (const values of inParts(samples)) {
      const text = await format(family, values);
      // HELP and TYPE stand in front of the first part alone.
      yield encoder.encode(header === undefined ? text : text.slice(header.length));
      header ??= /^.*\n.*\n/.exec(text)?.[0] ?? text;
    }
  }
}

/** At least one part, which is empty where there is no sample. */
function* inParts(samples: Iterable<Sample>): Iterable<readonly Sample[]> {
  let part: Sample[] = [];
  for (const sample of samples) {
    if (part.length === maxSamplesInPart) {
      yield part;
      part = [];
    }
    part.push(sample);
  }
  yield part;
}

/**
 * prom-client's text of a family, as much of a metric as its registry uses, with a line feed
 * at the end.
 */
async function format(
  { name, help, type }: Omit<MetricFamily, "of">,
  values: readonly Sample[],
): Promise<string> {
  const registry = new Registry();
  const metric = { name, help, type, values };
  registry.registerMetric({ name, get: () => Promise.resolve(metric) } as unknown as Metric);
  return `${await registry.getSingleMetricAsString(name)}\n`;
}
