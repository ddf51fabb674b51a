/** The exposition: prom-client's registry of all families, and its text, as the textfile and /metrics have it. @module */

import { Gauge, Registry } from "prom-client";
import type { MetricSource } from "./agent_status.ts";
import { families, minimalPairFamilies } from "./families.ts";
import { flantFamilies } from "./flant.ts";
import { zoneLabels } from "./samples.ts";
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

/** What a family is registered with. */
type RegisteredFamily = Omit<MetricFamily, "of">;

type ReadMetric = Awaited<ReturnType<Gauge["get"]>>;

/**
 * A metric whose samples are read from the totals at each exposition. prom-client's own counters and
 * gauges hold a second copy of every series and hash its labels at each change: filling them before
 * an exposition costs 9 ms of CPU more at 200 pairs, 0.09 of a paced bare fping; this costs 0.01.
 */
class FamilyMetric extends Gauge {
  readonly #family: RegisteredFamily;
  readonly #read: () => readonly Sample[];

  constructor(family: RegisteredFamily, registry: Registry, read: () => readonly Sample[]) {
    const { name, help, labels } = family;
    super({ name, help, labelNames: [...labels, ...zoneLabels], registers: [registry] });
    this.#family = family;
    this.#read = read;
  }

  override get(): Promise<ReadMetric> {
    const { name, help, type } = this.#family;
    // prom-client declares the type as an enum without values, and its text is what it prints.
    const metric = { name, help, type, aggregator: "sum", values: this.#read() };
    return Promise.resolve(metric as unknown as ReadMetric);
  }
}

/** What of prom-client's registry is used. */
export interface AgentRegistry {
  /** Content type of the exposition. */
  readonly contentType: string;
  /** The families that are registered. */
  readonly getMetricsAsArray: () => readonly { readonly name: string }[];
  /** The text of one family; its samples are read before the promise is returned. */
  readonly getSingleMetricAsString: (name: string) => Promise<string>;
}

/** Makes the registry whose exposition is the textfile and /metrics. */
export function makeRegistry(source: MetricSource, options: RegistryOptions): AgentRegistry {
  const registry = new Registry();
  const wanted: readonly RegisteredFamily[] = [
    ...wantedFamilies(options).map(([, family]) => family),
    ...options.flantCompatibility ? flantFamilies : [],
  ];
  for (const family of wanted) new FamilyMetric(family, registry, () => family.read(source));
  return registry;
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
 * The exposition in the text format 0.0.4, in UTF-8, a part for each family: all of them, or those
 * of the given names that there are.
 *
 * Everything is read before the first part is given away, so that all families are of one moment
 * however slowly they are read: loss is the difference of two of them.
 */
export async function* exposition(
  registry: AgentRegistry,
  names?: ReadonlySet<string>,
): AsyncGenerator<Uint8Array> {
  const wanted = registry.getMetricsAsArray().map(({ name }) => name)
    .filter((name) => names === undefined || names.has(name));
  const texts = await Promise.all(wanted.map((name) => registry.getSingleMetricAsString(name)));
  for (const text of texts) yield encoder.encode(`${text}\n`);
}
