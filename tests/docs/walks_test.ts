/** The walks of docs/architecture.md lead through the tree as it is. @module */

import assert from "node:assert/strict";
import { dirname, join } from "node:path/posix";
import { pages, root } from "./pages.ts";

const [, section = ""] = pages.find(({ path }) => path === "docs/architecture.md")?.text
  .split("\n## Ten walks\n") ?? [];
const [text = ""] = section.split("\n## ");

/** Files before and after, of each row of the table. */
const counts = new Map(
  [...text.matchAll(/^\| (\S.*?) +\| +(\d+) \| +(\d+) \|$/gm)].map(([, name = "", ...numbers]) => [
    name,
    numbers.map(Number),
  ]),
);

/** The files of each walk, as it is now and as it was. */
const walks = text.split("\n\n").flatMap((paragraph) => {
  const plain = paragraph.replaceAll("\n", " ");
  const [, name, now = "", before = ""] = /^\*\*(.*)\.\*\* Now: (.*)\. Before: (.*)\.\s*$/
    .exec(plain) ?? [];
  if (name === undefined) return [];
  const files = [...now.matchAll(/`([^`]+)`/g)].map(([, file = ""]) => file);
  return [{ name, files, before: before.split(", ") }];
});

function importsOf(file: string): readonly string[] {
  const source = Deno.readTextFileSync(root + file);
  return [...source.matchAll(/(?: from|import\() ?"(\.{1,2}\/[^"]+)"/g)]
    .map(([, specifier = ""]) => join(dirname(file), specifier));
}

Deno.test("there are ten walks, and the table counts their files", () => {
  assert.equal(walks.length, 10);
  for (const { name, files, before } of walks) {
    assert.deepEqual(counts.get(name), [before.length, files.length], name);
    assert.equal(new Set(files).size, files.length, name);
    assert.ok(2 * files.length <= before.length, `${name} is more than half as long as it was`);
  }
});

for (const { name, files } of walks) {
  Deno.test(`each file knows one before it, or is known by one: ${name}`, () => {
    for (const [index, file] of files.entries()) {
      const earlier = files.slice(0, index);
      const isKnown = index === 0 ||
        earlier.some((one) => importsOf(one).includes(file) || importsOf(file).includes(one));
      assert.ok(isKnown, `${file} has nothing to do with ${earlier.join(", ")}`);
    }
  });
}
