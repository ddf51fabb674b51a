import assert from "node:assert/strict";
import { packagesOf, readPackages } from "./packages.ts";
import type { Package } from "./packages.ts";

/** A cache with the packages' files, and a lock that names them. */
async function read(
  files: Readonly<Record<string, string>>,
  npm: Readonly<Record<string, unknown>>,
): Promise<readonly Package[]> {
  const cache = await Deno.makeTempDir();
  try {
    for (const [path, text] of Object.entries(files)) {
      await Deno.mkdir(`${cache}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
      await Deno.writeTextFile(`${cache}/${path}`, text);
    }
    return await readPackages(JSON.stringify({ npm }), cache);
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
}

Deno.test("readPackages() takes licence and text from the package, its checksum from the lock", async () => {
  const [two, one] = await read({
    "@a/two/2.0.0/package.json":
      '{"license": "ISC", "repository": {"url": "git+https://a/two.git"}}',
    "@a/two/2.0.0/LICENSE.md": "ISC text\r\n",
    "@a/two/2.0.0/NOTICE": "Notice\n",
    "one/1.0.0/package.json": '{"license": "Unlicense"}',
    "one/1.0.0/UNLICENSE": "Free",
  }, {
    "one@1.0.0_@a/two@2.0.0": { integrity: "sha512-AAEC", dependencies: ["@a/two@2.0.0"] },
    "@a/two@2.0.0": { integrity: "sha512-AQ==" },
  });
  assert.deepEqual(two, {
    ...{ name: "@a/two", version: "2.0.0", licence: "ISC", licenceText: "ISC text\n\nNotice" },
    ...{ homepage: "https://a/two", sha512: "01", dependencies: [] },
  });
  assert.deepEqual([one?.licenceText, one?.sha512, one?.dependencies], ["Free", "000102", [
    "@a/two",
  ]]);
});

Deno.test("readPackages() refuses what it cannot tell the licence of", async () => {
  const lock = { "one@1.0.0": { integrity: "sha512-AA==" } };
  await assert.rejects(read({}, lock), /Cannot read package one@1\.0\.0: run deno install/);
  await assert.rejects(
    read({ "one/1.0.0/package.json": '{"license": {"type": "MIT"}}' }, lock),
    /Package one@1\.0\.0 names no licence/,
  );
});

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
