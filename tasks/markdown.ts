/** Tables of Markdown, laid out as `deno fmt` leaves them. @module */

/** Makes a table whose cells are all aligned to one side: text to the left, numbers to the right. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  side: "left" | "right" = "left",
): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0))
  );
  const pad = (cell: string, width: number) =>
    side === "left" ? cell.padEnd(width) : cell.padStart(width);
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => pad(cell, widths[column] ?? 0)).join(" | ")} |\n`;
  const rule = widths.map((width) =>
    side === "left" ? "-".repeat(width) : `${"-".repeat(width - 1)}:`
  );
  return line(head) + line(rule) + rows.map(line).join("");
}
