/**
 * A strict reader of the Prometheus text format 0.0.4, for tests: anything unexpected throws.
 *
 * @module
 */

/** One sample of a textfile or of /metrics. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const sampleLine = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/y;
const comment = /^# (?:HELP [a-zA-Z_:][a-zA-Z0-9_:]* .*|TYPE \S+ (?:counter|gauge|histogram))$/;

/** All samples of one exposition. */
export class Samples {
  readonly all: readonly Sample[];

  constructor(text: string) {
    if (text !== "" && !text.endsWith("\n")) throw new Error("The exposition is cut off");
    const lines = text.split("\n").filter((line) => line !== "" && !isComment(line));
    this.all = lines.map(parseSample);
    const seen = new Set<string>();
    for (const { name, labels } of this.all) {
      const series = JSON.stringify([name, labels]);
      if (seen.has(series)) throw new Error(`Repeated: ${series}`);
      seen.add(series);
    }
  }

  /** The samples of a name that have these labels, among others. */
  select(name: string, labels: Readonly<Record<string, string>> = {}): readonly Sample[] {
    return this.all.filter((sample) =>
      sample.name === name &&
      Object.entries(labels).every(([key, value]) => sample.labels[key] === value)
    );
  }

  /** The value of the one sample with these labels; undefined when there is none. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    const found = this.select(name, labels);
    if (found.length > 1) throw new Error(`${found.length} series of ${name} match`);
    return found[0]?.value;
  }

  /** The sum over all samples of the name with these labels; 0 when there is none. */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return this.select(name, labels).reduce((total, { value }) => total + value, 0);
  }
}

function isComment(line: string): boolean {
  if (!line.startsWith("#")) return false;
  if (!comment.test(line)) throw new Error(`Not a HELP or TYPE line: "${line}"`);
  return true;
}

function parseSample(line: string): Sample {
  const [, name = "", labelText = "", valueText = ""] = sampleLine.exec(line) ?? [];
  const value = Number(valueText.replace("Inf", "Infinity"));
  if (name === "" || valueText === "" || Number.isNaN(value) && valueText !== "NaN") {
    throw new Error(`Not a sample: "${line}"`);
  }
  return { name, labels: parseLabels(labelText), value };
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  label.lastIndex = 0;
  while (label.lastIndex < text.length) {
    const [whole, key = "", value = ""] = label.exec(text) ?? [];
    if (whole === undefined || key in labels) throw new Error(`Not labels: "${text}"`);
    labels[key] = value.replaceAll(/\\(.)/g, (_, c: string) => c === "n" ? "\n" : c);
  }
  return labels;
}
