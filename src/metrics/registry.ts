/** The prom-client registry of the agent. @module */

import { Gauge, Registry } from "prom-client";
import { families, minimalPairFamilies, zoneLabels } from "./families.ts";
import type { MetricFamily } from "./families.ts";
import { flantFamilies } from "./flant.ts";
import type { Sample, SampleReader } from "./samples.ts";
import { sampleReaders } from "./samples.ts";
import type { MetricSource } from "./source.ts";

/** Settings of {@linkcode makeRegistry}. */
export interface RegistryOptions {
  /** Whether to add the families of {@linkcode flantFamilies}. */
  readonly flantCompatibility: boolean;
  /** Whether pairs have all their families, or {@linkcode minimalPairFamilies} alone. */
  readonly pairMetrics: "all" | "minimal";
  /** Whether to add the histogram of each pair. */
  readonly pairDistribution: boolean;
}

interface RegisteredFamily {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels: readonly string[];
}

/**
 * A metric whose samples are read from the totals at each exposition. prom-client's own metrics
 * would keep a second copy of every series and hash its labels at each probe.
 */
class FamilyReader extends Gauge {
  readonly #family: RegisteredFamily;
  readonly #registry: Registry;
  readonly #read: () => readonly Sample[];
  readonly #revision: (() => number) | undefined;
  #kept: { readonly revision: number; readonly text: string } | undefined;

  /** The text is kept as long as `revision()` stays the same; never where it is absent. */
  constructor(
    family: RegisteredFamily,
    registry: Registry,
    read: () => readonly Sample[],
    revision?: () => number,
  ) {
    super({
      name: family.name,
      help: family.help,
      labelNames: [...family.labels, ...zoneLabels],
      registers: [registry],
    });
    this.#family = family;
    this.#registry = registry;
    this.#read = read;
    this.#revision = revision;
  }

  async text(): Promise<string> {
    const revision = this.#revision?.();
    if (revision !== undefined && this.#kept?.revision === revision) return this.#kept.text;
    const text = `${await this.#registry.getSingleMetricAsString(this.#family.name)}\n`;
    if (revision !== undefined) this.#kept = { revision, text };
    return text;
  }

  override get(): ReturnType<Gauge["get"]> {
    const { name, help, type } = this.#family;
    // prom-client declares the type as an enum without values, and its text is what it prints.
    const metric = { name, help, type: type as unknown as MetricTypeOfClient, aggregator: "sum" };
    return Promise.resolve({ ...metric, values: [...this.#read()] } as Awaited<
      ReturnType<Gauge["get"]>
    >);
  }
}

/**
 * More than half of all series, and the same from one exposition to the next on a healthy network:
 * making their text anew each time was half of the cost of rendering.
 */
const seldomChanging: ReadonlySet<MetricFamily> = new Set([
  families.duplicates,
  families.sendFailures,
  families.lossBursts,
  families.icmpErrors,
  families.destinationCordoned,
]);

type MetricTypeOfClient = Awaited<ReturnType<Gauge["get"]>>["type"];

/** Makes the registry whose exposition is the textfile and /metrics. */
export function makeRegistry(source: MetricSource, options: RegistryOptions): Registry {
  const registry = new Registry();
  const add = (family: RegisteredFamily, read: SampleReader, revision?: () => number) =>
    new FamilyReader(family, registry, () => read(source), revision);
  const incidents = () => source.pairs.incidents;
  for (const [key, family] of wantedFamilies(options)) {
    add(family, sampleReaders[key], seldomChanging.has(family) ? incidents : undefined);
  }
  if (options.flantCompatibility) {
    for (const family of flantFamilies) add(family, family.read);
  }
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

/**
 * The exposition, a family at a time: as one text, that of 1,000 destinations takes 15 MB to make.
 *
 * All families are of one moment, whatever time the reader takes: loss is the difference of two of
 * them. Their samples are read before the first wait, so that no outcome comes between.
 */
export async function* exposition(registry: Registry): AsyncGenerator<string> {
  const readers = registry.getMetricsAsArray().filter((metric) => metric instanceof FamilyReader);
  yield* await Promise.all(readers.map((reader) => reader.text()));
}
