/** The prom-client registry of the agent. @module */

import { Gauge, Registry } from "prom-client";
import { families, minimalPairFamilies, zoneLabels } from "./families.ts";
import type { MetricFamily } from "./families.ts";
import { familyText } from "./family_text.ts";
import { TextBuffer } from "./text_buffer.ts";
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
  readonly #read: () => readonly Sample[];
  readonly #revision: (() => number) | undefined;
  #kept: { readonly revision: number; readonly bytes: Uint8Array } | undefined;

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
    this.#read = read;
    this.#revision = revision;
  }

  /** Puts the text into the buffer, where it is not kept from before; returns what is kept. */
  write(buffer: TextBuffer): Uint8Array | undefined {
    const revision = this.#revision?.();
    if (revision !== undefined && this.#kept?.revision === revision) return this.#kept.bytes;
    const from = buffer.length;
    for (const text of familyText(this.#family, this.#read())) buffer.append(text);
    if (revision !== undefined) {
      this.#kept = { revision, bytes: buffer.view(from, buffer.length).slice() };
    }
    return undefined;
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

/** What of prom-client's registry is used here. */
export interface AgentRegistry {
  /** Content type of the exposition. */
  readonly contentType: string;
  /** The families that are registered. */
  readonly getMetricsAsArray: () => readonly object[];
  /** A family as prom-client writes it: the slow way, against which {@linkcode exposition} is held. */
  readonly getSingleMetricAsString: (name: string) => Promise<string>;
  /** All families, in the same way. */
  readonly metrics: () => Promise<string>;
}

/** Makes the registry whose exposition is the textfile and /metrics. */
export function makeRegistry(source: MetricSource, options: RegistryOptions): AgentRegistry {
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
 * The exposition in UTF-8, in parts, each valid until the next is asked for. Give a buffer to make it
 * in where there are many: with 1,000 destinations a new one each time leaves 10 MB behind (deno
 * 2.4.2).
 *
 * Everything is made before the first part is given away, so that all families are of one moment
 * however slowly they are read: loss is the difference of two of them.
 */
export async function* exposition(
  registry: AgentRegistry,
  buffer = new TextBuffer(),
): AsyncGenerator<Uint8Array> {
  buffer.clear();
  const readers = registry.getMetricsAsArray().filter((metric) => metric instanceof FamilyReader);
  const parts = readers.map((reader) => ({ kept: reader.write(buffer), end: buffer.length }));
  let from = 0;
  for (const { kept, end } of parts) {
    if (kept === undefined) continue;
    if (end > from) yield buffer.view(from, end);
    yield kept;
    from = end;
  }
  yield buffer.view(from, buffer.length);
}
