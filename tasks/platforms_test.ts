import assert from "node:assert/strict";
import { invalid } from "../src/flags.ts";
import { hostPlatform, platforms, possibleTargets, targetsFlag } from "./platforms.ts";

Deno.test("targetsFlag keeps the order of platforms and knows no other", () => {
  const named = targetsFlag.read("darwin-arm64,linux-amd64");
  assert.ok(Array.isArray(named));
  assert.deepEqual(named.map(({ name }) => name), ["linux-amd64", "darwin-arm64"]);
  for (const text of ["linux", "linux-amd64,windows-amd64", "linux-amd64,"]) {
    assert.equal(targetsFlag.read(text), invalid, text);
  }
  assert.match(targetsFlag.remedy, /names of linux-amd64, linux-arm64, darwin-amd64, darwin-arm64/);
});

Deno.test("hostPlatform() is one of platforms", () => {
  assert.ok(platforms.includes(hostPlatform()!));
});

const arm = platforms.find(({ name }) => name === "linux-arm64")!;

Deno.test("possibleTargets() leaves out what the given runtime is not of, and says so", () => {
  const { built, skipped } = possibleTargets(platforms, arm, "/opt/denort");
  assert.deepEqual(built, [arm]);
  assert.deepEqual(skipped.map(({ platform }) => platform.name), [
    ...["linux-amd64", "darwin-amd64", "darwin-arm64"],
  ]);
  assert.equal(skipped[0]?.reason, "DENORT_BIN holds the runtime of linux-arm64 alone");
});

Deno.test("possibleTargets() is everything where Deno downloads runtimes", () => {
  for (const unset of [undefined, ""]) {
    assert.deepEqual(possibleTargets(platforms, arm, unset), { built: platforms, skipped: [] });
  }
});
