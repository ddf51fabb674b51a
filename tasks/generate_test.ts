import assert from "node:assert/strict";
import { generatedFiles } from "./generate.ts";

const read = (path: string) => Deno.readTextFile(new URL(`../${path}`, import.meta.url));

Deno.test("generatedFiles() are what stands in the tree", async () => {
  for (const [path, text] of await generatedFiles(read)) {
    assert.ok(await read(path) === text, `${path} is out of step: run deno task generate`);
  }
});

Deno.test("generatedFiles() puts back what was changed by hand, and leaves the rest", async () => {
  const changed: Readonly<Record<string, readonly [string, string]>> = {
    "README.md": ["Second and further answers", "Other answers"],
    "chart/values.yaml": ["lossBursts: 1", "lossBursts: 2"],
    "chart/values.schema.json": ['"probeRateLow"', '"probeRateHigh"'],
    "chart/README.md": ["Repository of the image", "Repository"],
  };
  const files = await generatedFiles(async (path) => {
    const text = await read(path);
    const [before, after] = changed[path] ?? ["", ""];
    assert.ok(text.includes(before), `${path} has no ${before}`);
    return `${text.replace(before, after)}${path.endsWith("README.md") ? "By hand\n" : ""}`;
  });
  for (const path of Object.keys(changed)) {
    const tail = path.endsWith("README.md") ? "By hand\n" : "";
    assert.ok(files.get(path) === await read(path) + tail, path);
  }
});
