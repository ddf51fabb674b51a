/** The pages of the documentation, as their tests read them. @module */

import { fileURLToPath } from "node:url";

/** Root of the source tree. */
export const root: string = fileURLToPath(new URL("../..", import.meta.url));

/** One page. */
export interface Page {
  /** From the root of the tree. */
  readonly path: string;
  readonly text: string;
}

/** What stands between two fences. */
export interface Block {
  readonly page: string;
  /** What follows the opening fence: console, yaml, json; empty for what is none of them. */
  readonly language: string;
  readonly text: string;
}

const directories = ["", "docs/", "chart/", "helm-plugin/", "tests/e2e/", "tests/network/"];

/** Every page that somebody may follow, sorted. */
export const pages: readonly Page[] = directories
  .flatMap((directory) =>
    [...Deno.readDirSync(root + directory)]
      .filter(({ name }) => name.endsWith(".md"))
      .map(({ name }) => directory + name)
  )
  .sort()
  .map((path) => ({ path, text: Deno.readTextFileSync(root + path) }));

/** The fenced blocks of all pages, without the indent of a list. */
export const blocks: readonly Block[] = pages.flatMap(({ path, text }) =>
  [...text.matchAll(/^( *)```(\w*)\n(.*?)^\1```$/gms)].map(
    ([, indent = "", language = "", inside = ""]) => ({
      page: path,
      language,
      text: inside.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
    }),
  )
);

/** What stands in backticks within the text of a page, on one line each. */
export function codeSpans({ text }: Page): readonly string[] {
  const prose = text.replaceAll(/^( *)```.*?^\1```$/gms, "");
  return [...prose.matchAll(/(?<!`)`([^`]+)`(?!`)/g)]
    .map(([, span = ""]) => span.replaceAll(/\s+/g, " "));
}
