/** Reads the answer of Prometheus to an instant query (HTTP API, version 1). @module */

import type { Sample } from "./exposition.ts";

/**
 * The instant vector of an answer, as samples of the given name; values that are no finite number
 * say nothing and are left out. Throws an Error that goes on after "Prometheus answers": a part of
 * the answer that cannot be read fails the whole, since half a mesh must not look like a small one.
 */
export function parseAnswer(name: string, text: string): readonly Sample[] {
  const answer = objectOf(parseJson(text));
  const { status, error } = answer ?? {};
  if (status !== "success") {
    throw new Error(`without success: ${typeof error === "string" ? error : quote(text)}`);
  }
  const data = objectOf(answer?.["data"]);
  const result = data?.["result"];
  if (data?.["resultType"] !== "vector" || !Array.isArray(result)) {
    throw new Error(`with ${quote(String(data?.["resultType"]))} instead of a vector`);
  }
  return result.map((element: unknown, index): Sample => {
    const labels = labelsOf(element);
    const value = valueOf(element);
    if (labels === undefined || value === undefined) {
      throw new Error(`with a vector whose element ${index} is no sample: ${quote(element)}`);
    }
    return { name, labels, value };
  }).filter(({ value }) => Number.isFinite(value));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`with something else than JSON: ${quote(text)}`, { cause });
  }
}

/** `metric`: every label is text. */
function labelsOf(element: unknown): Readonly<Record<string, string>> | undefined {
  const metric = objectOf(objectOf(element)?.["metric"]);
  if (metric === undefined) return undefined;
  const labels: Record<string, string> = Object.create(null);
  for (const [label, text] of Object.entries(metric)) {
    if (typeof text !== "string") return undefined;
    labels[label] = text;
  }
  return labels;
}

/** `value`: a time and the value as text, "NaN" and "+Inf" among them. */
function valueOf(element: unknown): number | undefined {
  const value = objectOf(element)?.["value"];
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [time, text] = value as readonly unknown[];
  if (typeof time !== "number" || typeof text !== "string") return undefined;
  if (/^[+-]?Inf$/.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  if (text === "NaN") return NaN;
  return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text) ? Number(text) : undefined;
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Readonly<Record<string, unknown>>
    : undefined;
}

function quote(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text);
}
