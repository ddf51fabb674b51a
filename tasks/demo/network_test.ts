import assert from "node:assert/strict";
import { freeBlock } from "./network.ts";

Deno.test("freeBlock() leaves out what this machine has an address of", () => {
  assert.deepEqual([freeBlock([], 0).at(0), freeBlock([], 0).at(-1)], [
    "198.51.100.1",
    "198.51.100.14",
  ]);
  assert.equal(freeBlock(["192.0.2.1", "198.51.100.254"], 31)[0], "198.51.100.1");
  const all = Array.from({ length: 16 }, (_, number) => `198.51.100.${16 * number + 7}`);
  assert.throws(() => freeBlock(all, 3), { message: /is free on this machine$/ });
});
