import assert from "node:assert/strict";
import type { Package } from "./packages.ts";
import { dependenciesPage } from "./page.ts";

function pack(name: string, licence = "MIT", licenceText = "Text of MIT"): Package {
  const rest = { version: "1.0.0", homepage: "", sha512: "", dependencies: [] };
  return { name, licence, licenceText, ...rest };
}

Deno.test("dependenciesPage() refuses licences that ask for more, naming each", () => {
  const packages = [pack("a"), pack("b", "GPL-3.0-only"), pack("c", "SSPL-1.0")];
  assert.throws(
    () => dependenciesPage(packages, new Set(), new Set()),
    /b \(GPL-3\.0-only\), c \(SSPL-1\.0\)$/,
  );
});

Deno.test("dependenciesPage() refuses versions with a known vulnerability", () => {
  const packages = [{ ...pack("ws"), version: "8.20.0" }];
  assert.throws(
    () => dependenciesPage(packages, new Set(), new Set()),
    /^Error: ws 8\.20\.0 has CVE-2024-37890, CVE-2026-48779: take 8\.21\.0 or newer$/,
  );
  const mended = [{ ...pack("ws"), version: "10.0.0" }];
  assert.match(dependenciesPage(mended, new Set(["ws"]), new Set()), /\| ws +\| 10\.0\.0 +\|/);
});
