import assert from "node:assert/strict";
import { originOf } from "./origin.ts";

Deno.test("originOf() derives every address from the repository's name", () => {
  assert.deepEqual(originOf("Some-One/Node.Ping", "1.2.3"), {
    source: "https://github.com/Some-One/Node.Ping",
    // Registries refuse capitals.
    image: { registry: "ghcr.io", repository: "some-one/node.ping" },
    runbookUrl: "https://github.com/Some-One/Node.Ping/blob/v1.2.3/docs/alerts.md",
  });
});

Deno.test("originOf() refuses what is no OWNER/NAME", () => {
  for (const wrong of ["", "nodeping", "a/b/c", "https://github.com/a/b", "a b/c", "a/"]) {
    assert.throws(() => originOf(wrong, "1.2.3"), /is not of the form OWNER\/NAME/, wrong);
  }
});
