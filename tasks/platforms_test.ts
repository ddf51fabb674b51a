import assert from "node:assert/strict";
import { hostPlatform, platforms, platformsNamed, possibleTargets } from "./platforms.ts";

Deno.test("platformsNamed() keeps the order of platforms and names every unknown one", () => {
  assert.deepEqual(platformsNamed(["darwin-arm64", "linux-amd64"]).map(({ name }) => name), [
    "linux-amd64",
    "darwin-arm64",
  ]);
  assert.throws(() => platformsNamed(["linux", "linux-amd64", "windows-amd64"]), {
    name: "RangeError",
    message: 'Unknown target "linux", "windows-amd64": use linux-amd64, linux-arm64, ' +
      "darwin-amd64, darwin-arm64",
  });
});

Deno.test("hostPlatform() is one of platforms", () => {
  assert.ok(platforms.includes(hostPlatform()!));
});

const [arm] = platformsNamed(["linux-arm64"]);

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
