import assert from "node:assert/strict";
import { platforms, platformsNamed } from "../platforms.ts";
import { possibleTargets } from "./targets.ts";

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
