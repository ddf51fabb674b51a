/** Tables of text. @module */

/** Aligns the cells: the first column to the left, the others, which are numbers, to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length))
  );
  const line = (cells: readonly string[]) =>
    `  ${
      cells.map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)
      ).join("  ")
    }`.trimEnd();
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)]
    .map((text) => `${text}\n`).join("");
}

/** A number with thousands apart. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** Middle, smallest and largest: "1.21 (1.18-1.30)". */
export function spread(values: readonly number[], digits: number): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (place: number) => (sorted[Math.floor(place)] ?? NaN).toFixed(digits);
  return `${at((sorted.length - 1) / 2)} (${at(0)}-${at(sorted.length - 1)})`;
}

/** "yes" or "NO" for a figure that has a mark to reach. */
export function reached(isReached: boolean): string {
  return isReached ? "yes" : "NO";
}
