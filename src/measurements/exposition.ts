/** Reads the text exposition format of Prometheus (version 0.0.4), strictly. @module */

import { jsonText } from "../json_text.ts";

/** One sample of one series. */
export interface Sample {
  /** Family, with the suffix of the series, such as _total. */
  readonly name: string;
  /** Unescaped. */
  readonly labels: Readonly<Record<string, string>>;
  /** May be NaN or infinite. */
  readonly value: number;
}

const namePattern = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const labelPattern = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,?)/y;
const valuePattern = /[ \t]+(\S+)(?:[ \t]+-?\d+)?[ \t]*$/y;

/**
 * The samples of an exposition whose names `wanted` lets through; comments and blank lines are
 * passed over. Throws an Error that names the line when one cannot be read, whatever its name: half
 * a file must not look like a small one.
 */
export function parseExposition(text: string, wanted: (name: string) => boolean): Sample[] {
  const samples: Sample[] = [];
  if (text !== "" && !text.endsWith("\n")) {
    throw new Error("The last line has no end: the file is cut off, read it again");
  }
  text.split("\n").forEach((line, index) => {
    if (line === "" || line.startsWith("#")) return;
    const sample = parseSample(line);
    if (sample === undefined) {
      throw new Error(`Line ${index + 1} is no sample of the exposition format: ${quote(line)}`);
    }
    if (wanted(sample.name)) samples.push(sample);
  });
  return samples;
}

function parseSample(line: string): Sample | undefined {
  namePattern.lastIndex = 0;
  const name = namePattern.exec(line)?.[0];
  if (name === undefined) return undefined;
  let at = name.length;
  const labels: Record<string, string> = Object.create(null);
  if (line[at] === "{") {
    at++;
    while (line[at] !== "}") {
      labelPattern.lastIndex = at;
      const match = labelPattern.exec(line);
      if (match === null) return undefined;
      const [whole, label = "", value = "", comma] = match;
      if (label in labels) return undefined;
      labels[label] = unescape(value);
      at += whole.length;
      if (comma === "" && line[at] !== "}") return undefined;
    }
    at++;
  }
  valuePattern.lastIndex = at;
  const value = parseValue(valuePattern.exec(line)?.[1] ?? "");
  return value === undefined ? undefined : { name, labels, value };
}

function unescape(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(/\\(.)/g, (_, escaped: string) => escaped === "n" ? "\n" : escaped);
}

function parseValue(text: string): number | undefined {
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
  if (/^\+?inf$/i.test(text)) return Infinity;
  if (/^-inf$/i.test(text)) return -Infinity;
  return /^nan$/i.test(text) ? NaN : undefined;
}

function quote(line: string): string {
  return jsonText(line.length > 80 ? `${line.slice(0, 77)}...` : line);
}
