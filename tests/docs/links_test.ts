import assert from "node:assert/strict";
import { codeSpans, pages, root } from "./pages.ts";

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** GitHub's anchor of a heading. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replaceAll(/[^\w\- ]/g, "").replaceAll(" ", "-");
}

function anchors(path: string): readonly string[] {
  const text = Deno.readTextFileSync(path);
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading));
}

Deno.test("every link within the tree leads to a file, and to a heading of it", () => {
  let checked = 0;
  for (const { path, text } of pages) {
    for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      checked++;
      const [file = "", anchor] = target.split("#");
      const url = new URL(file === "" ? path.replace(/.*\//, "") : file, `file://${root}${path}`);
      assert.ok(exists(url.pathname), `${path}: ${target}`);
      if (anchor === undefined) continue;
      assert.ok(anchors(url.pathname).includes(anchor), `${path}: ${target}`);
    }
  }
  assert.ok(checked > 30, `only ${checked} links found`);
});

Deno.test("every file that the text names is there", () => {
  for (const page of pages) {
    for (const span of codeSpans(page)) {
      if (!/^(src|tests|tasks|docs|chart|dashboard|examples|helm-plugin)\/[\w./-]+$/.test(span)) {
        continue;
      }
      assert.ok(exists(root + span), `${page.path}: ${span}`);
    }
  }
});

Deno.test("every alert links to its heading in docs/alerts.md", async () => {
  const rules = await Deno.readTextFile(`${root}chart/rules/nodeping.yaml`);
  const alerts = [...rules.matchAll(/alert: (\w+)/g)].map(([, name = ""]) => name.toLowerCase());
  assert.ok(alerts.length > 10);
  const headings = anchors(`${root}docs/alerts.md`);
  assert.deepEqual(alerts.filter((name) => !headings.includes(name)), []);
  const known = headings.filter((name) => name.startsWith("nodeping"));
  assert.deepEqual(known.filter((name) => !alerts.includes(name)), []);
});
