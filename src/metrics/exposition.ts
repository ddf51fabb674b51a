/** The exposition: the families in the text format 0.0.4, as the textfile and /metrics have it. @module */

import { Gauge, Registry } from "prom-client";
import type { MetricSource } from "./agent_status.ts";
import { families, minimalPairFamilies, zoneLabels } from "./families.ts";
import type { MetricFamily } from "./families.ts";
import { flantFamilies } from "./flant.ts";
import { sampleReaders } from "./samples.ts";
import type { Labels, Sample, SampleReader } from "./samples.ts";

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
  const revision = () => source.pairs.revision;
  for (const [key, family] of wantedFamilies(options)) {
    add(family, sampleReaders[key], seldomChanging.has(family) ? revision : undefined);
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

/** What the head of a family says. */
export interface FamilyHead {
  /** Full name. */
  readonly name: string;
  /** counter, gauge or histogram. */
  readonly type: string;
  /** The HELP text. */
  readonly help: string;
}

/** Longer texts outlive the collection of young garbage while they are made, and grow the heap. */
const partLength = 8192;

/** Texts of labels by their object: a pair's labels are the same object at each exposition. */
const textOfShared = new WeakMap<Labels, string>();

/**
 * The text of a family in parts, the last of which ends with a line feed. It is the same as
 * prom-client's, which a test holds it against, at a fifth of the cost: at 1,000 destinations
 * prom-client's formatting of each label of each line was a tenth of all that the agent did (deno
 * 2.4.2).
 */
export function* familyText(
  { name, type, help }: FamilyHead,
  samples: readonly Sample[],
): Generator<string> {
  let text = `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type}\n`;
  for (const { metricName = name, labels, sharedLabels, value } of samples) {
    const own = labelsText(labels);
    const shared = sharedLabels === undefined ? "" : sharedText(sharedLabels);
    const both = own === "" || shared === "" ? own + shared : `${own},${shared}`;
    text += `${metricName}${both === "" ? "" : `{${both}}`} ${valueText(value)}\n`;
    if (text.length < partLength) continue;
    yield text;
    text = "";
  }
  if (text !== "") yield text;
}

function sharedText(labels: Labels): string {
  const made = textOfShared.get(labels);
  if (made !== undefined) return made;
  const text = labelsText(labels);
  textOfShared.set(labels, text);
  return text;
}

function labelsText(labels: Labels): string {
  let text = "";
  for (const name in labels) {
    const value = escaped(labels[name] ?? "").replaceAll('"', '\\"');
    text += `${text === "" ? "" : ","}${name}="${value}"`;
  }
  return text;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function valueText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value < 0 ? "-Inf" : "+Inf";
}

const initialBytes = 65_536;

/** Bytes in UTF-8 that grow by pieces of text; a cleared buffer keeps its memory for the next. */
export class TextBuffer {
  #bytes = new Uint8Array(initialBytes);
  #length = 0;
  readonly #encoder = new TextEncoder();

  /** How many bytes there are. */
  get length(): number {
    return this.#length;
  }

  /** Adds a piece of text. */
  append(text: string): void {
    // A UTF-16 unit takes three bytes at most (WHATWG Encoding, encodeInto).
    this.#reserve(3 * text.length);
    const { written } = this.#encoder.encodeInto(text, this.#bytes.subarray(this.#length));
    this.#length += written;
  }

  /** The bytes from one place to another; they are overwritten after the next `clear()`. */
  view(from: number, to: number): Uint8Array {
    return this.#bytes.subarray(from, to);
  }

  /** Makes it empty. */
  clear(): void {
    this.#length = 0;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + more));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
