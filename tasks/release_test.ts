import assert from "node:assert/strict";
import { version } from "../src/version.ts";
import { releaseNotes } from "./release.ts";

const changelog = `# Changelog

## Unreleased

- [FEATURE] Not yet

## 1.2.0 / 2026-11-01

- [CHANGE] One
- [FEATURE] Two

## 1.1.0

## 1.0.0

- [FEATURE] First
`;

Deno.test("releaseNotes() is the section of the version alone", () => {
  assert.equal(releaseNotes(changelog, "1.2.0"), "- [CHANGE] One\n- [FEATURE] Two\n");
  assert.equal(releaseNotes(changelog, "1.0.0"), "- [FEATURE] First\n");
});

Deno.test("releaseNotes() refuses a version that nothing is said of", () => {
  for (const missing of ["1.1.0", "1.2", "0.9.0"]) {
    assert.throws(() => releaseNotes(changelog, missing), /CHANGELOG\.md says nothing under/);
  }
});

Deno.test("the changelog has a word on this version", async () => {
  const text = await Deno.readTextFile(new URL("../CHANGELOG.md", import.meta.url));
  assert.match(releaseNotes(text, version), /^- \[[A-Z]+\] /m);
});
