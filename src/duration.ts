/** Durations as people write them: 500ms, 1s, 5m, 1h. @module */

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Reads a duration such as "500ms", "1.5s" or "5m" as milliseconds; undefined when it is none. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  if (match === null) return undefined;
  const [, number = "", unit = ""] = match;
  return Number(number) * (unitMs[unit] ?? NaN);
}
