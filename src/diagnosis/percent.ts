/** Losses as text. @module */

/** A part of the whole as people read it: "0 %", "0.03 %", "4.2 %", "37 %", "100 %". */
export function percent(part: number): string {
  const value = 100 * part;
  if (value === 0) return "0 %";
  if (value >= 99.95) return value === 100 ? "100 %" : "99.9 %";
  if (value < 0.01) return "below 0.01 %";
  if (value < 1) return `${Number(value.toFixed(2))} %`;
  return `${Number(value.toFixed(value < 10 || value >= 99.5 ? 1 : 0))} %`;
}
