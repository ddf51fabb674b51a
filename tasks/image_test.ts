import assert from "node:assert/strict";
import { version } from "../src/version.ts";
import { buildArguments } from "./image.ts";

Deno.test("buildArguments() replaces only the parts that the environment names", () => {
  const env = new Map([["BASE", "localhost/base:1"], ["FPING", "/opt/fping"], ["BUILD", ""]]);
  assert.deepEqual(buildArguments((name) => env.get(name), "abc", "2026-01-01T00:00:00Z"), [
    ...["--build-arg", "BASE=localhost/base:1"],
    ...["--build-context", "fping=/opt/fping"],
    ...["--build-arg", `VERSION=${version}`],
    ...["--build-arg", "REVISION=abc"],
    ...["--build-arg", "CREATED=2026-01-01T00:00:00Z"],
  ]);
});
