import assert from "node:assert/strict";
import { hostPlatform, platforms, platformsNamed } from "./platforms.ts";

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
