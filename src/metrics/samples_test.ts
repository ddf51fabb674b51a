import assert from "node:assert/strict";
import { nodeOrder } from "./samples.ts";

Deno.test("nodeOrder() is FNV-1a without its lowest 11 bits", () => {
  // Test vectors of the FNV authors: "" and "a".
  assert.equal(nodeOrder(""), Number(0xcbf29ce484222325n >> 11n));
  assert.equal(nodeOrder("a"), Number(0xaf63dc4c8601ec8cn >> 11n));
});

Deno.test("nodeOrder() distinguishes 10,000 nodes, in numbers that a sample holds exactly", () => {
  const orders = Array.from({ length: 10_000 }, (_, index) => nodeOrder(`node-${index}`));
  assert.equal(new Set(orders).size, orders.length);
  assert.ok(orders.every(Number.isSafeInteger));
});
