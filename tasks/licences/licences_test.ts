import assert from "node:assert/strict";
import { packagesOf } from "./embedded.ts";
import { noticesText } from "./notices.ts";
import type { Package } from "./packages.ts";
import { readPackages } from "./packages.ts";
import { dependenciesPage } from "./page.ts";

function pack(name: string, licence = "MIT", licenceText = "Text of MIT"): Package {
  const rest = { version: "1.0.0", homepage: "", sha512: "", dependencies: [] };
  return { name, licence, licenceText, ...rest };
}

const deno = new Map([["deno", "Text of Deno"]]);

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

Deno.test("noticesText() has each text once, for what is embedded alone", () => {
  const packages = [pack("a"), pack("b"), pack("left-out", "ISC", "Text of ISC")];
  const text = noticesText(packages, new Set(["a", "b"]), deno);
  assert.match(text, /-\na 1\.0\.0 \(MIT\)\nb 1\.0\.0 \(MIT\)\n\nText of MIT\n/);
  assert.equal(text.split("Text of MIT").length, 2);
  assert.doesNotMatch(text, /left-out|Text of ISC/);
});

Deno.test("noticesText() refuses an embedded package without a text", () => {
  const packages = [pack("bare", "MIT", "")];
  assert.throws(
    () => noticesText(packages, new Set(["bare"]), deno),
    /bare carries no licence text/,
  );
  const given = new Map([...deno, ["bare", "Its text"]]);
  assert.match(noticesText(packages, new Set(["bare"]), given), /bare 1\.0\.0 \(MIT\)\n\nIts text/);
});

Deno.test("dependenciesPage() refuses licences that ask for more, naming each", () => {
  const packages = [pack("a"), pack("b", "GPL-3.0-only"), pack("c", "SSPL-1.0")];
  assert.throws(
    () => dependenciesPage(packages, new Set(), new Set()),
    /b \(GPL-3\.0-only\), c \(SSPL-1\.0\)$/,
  );
});
