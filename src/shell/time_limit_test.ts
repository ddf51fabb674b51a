import assert from "node:assert/strict";
import { within } from "./time_limit.ts";

/** Work without an end, which heeds its signal. */
function forEver(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    if (signal.aborted) reject(signal.reason);
  });
}

Deno.test("within() ends work that takes too long, and says how long it had", async () => {
  const { signal } = new AbortController();
  await assert.rejects(within(20, signal, forEver), { message: "No answer within 0.02 s" });
});

Deno.test("within() passes on what the work gives, throws, or is aborted for", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  assert.equal(await within(60_000, signal, () => Promise.resolve(7)), 7);
  const refused = () => Promise.reject(new Error("Connection refused"));
  await assert.rejects(within(60_000, signal, refused), { message: "Connection refused" });
  const ended = within(60_000, signal, forEver);
  controller.abort(new Error("Received SIGTERM"));
  await assert.rejects(ended, { message: "Received SIGTERM" });
});
