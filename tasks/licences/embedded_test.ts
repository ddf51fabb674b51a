import assert from "node:assert/strict";
import { packagesOf } from "./embedded.ts";

Deno.test("packagesOf() reads the comments of a bundle, and knows what is inlined", () => {
  const bundle = `// ../cache/npm/registry.npmjs.org/@scope/one/1.2.3/dist/a.js
  // /root/npm/mirror/two/0.1.0/index.js
// src/cli.ts
// /c/npm/r/jsonpath-plus/10.4.0/dist/index.js
const text = "// x/npm/r/no/1.0.0/a.js";`;
  assert.deepEqual([...packagesOf(bundle)], [
    ...["@scope/one", "two"],
    ...["jsonpath-plus", "jsep", "@jsep-plugin/assignment", "@jsep-plugin/regex"],
  ]);
});
