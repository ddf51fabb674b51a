import assert from "node:assert/strict";
import { noticesText } from "./licences.ts";
import type { Package } from "./licences/packages.ts";

function pack(name: string, licence = "MIT", licenceText = "Text of MIT"): Package {
  const rest = { version: "1.0.0", homepage: "", sha512: "", dependencies: [] };
  return { name, licence, licenceText, ...rest };
}

const deno = new Map([["deno", "Text of Deno"]]);

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
