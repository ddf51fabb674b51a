/** Parts of a file that are made, between two lines that say so; all else is written by hand. @module */

/** The two lines, without their indent. */
export interface Marks {
  readonly start: string;
  readonly end: string;
}

/** Marks in Markdown, of what `deno task generate` makes from there. */
export function markdownMarks(from: string): Marks {
  return {
    start: `<!-- Made by \`deno task generate\` from ${from} -->`,
    end: `<!-- End of what is made from ${from} -->`,
  };
}

/** The text with other lines between its marks. Throws where it does not have each mark once. */
export function withMarkedPart(text: string, { start, end }: Marks, part: string): string {
  const lines = text.split("\n");
  const [first, last] = [start, end].map((mark) => {
    const places = lines.flatMap((line, index) => line.trim() === mark ? [index] : []);
    const [place, ...others] = places;
    if (place !== undefined && others.length === 0) return place;
    throw new Error(`Expected one line "${mark}", found ${places.length}`);
  });
  return [...lines.slice(0, first! + 1), part, ...lines.slice(last)].join("\n");
}
