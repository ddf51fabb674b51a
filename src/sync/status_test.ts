import assert from "node:assert/strict";
import { makeSyncStatus } from "./status.ts";
import type { SyncStatus } from "./status.ts";

async function valueOf({ endpoints }: SyncStatus, name: string): Promise<string | undefined> {
  const parts = await Array.fromAsync(endpoints.metrics());
  const text = parts.map((part) => new TextDecoder().decode(part)).join("");
  return new RegExp(`^${name} (.*)$`, "m").exec(text)?.[1];
}

const report = {
  ...{ action: "none", diff: { added: [], removed: [], changed: [] } } as const,
  nodes: [{ name: "a", ipAddress: "10.0.0.1" }, { name: "a", ipAddress: "fd00::1" }],
  leftOut: [
    { name: "b", reason: "it is being deleted", isProblem: false },
    { name: "c", reason: "it has no address", isProblem: true },
  ],
};

Deno.test("SyncStatus is ready once the API server was reached, and stays so when runs fail", () => {
  const status = makeSyncStatus(() => 0);
  status.failed();
  assert.match(status.endpoints.unready() ?? "", /API server was not reached/);
  status.reached();
  status.failed();
  assert.equal(status.endpoints.unready(), undefined);
});

Deno.test("SyncStatus counts failures, and shows when the list was last in step", async () => {
  const status = makeSyncStatus(() => 1_700_000_000_900);
  assert.equal(await valueOf(status, "nodeping_sync_last_success_timestamp_seconds"), "0");
  status.failed();
  status.failed();
  assert.equal(await valueOf(status, "nodeping_sync_failing"), "1");
  status.succeeded(report);
  assert.equal(await valueOf(status, "nodeping_sync_failing"), "0");
  assert.equal(await valueOf(status, "nodeping_sync_failures_total"), "2");
  assert.equal(await valueOf(status, "nodeping_sync_nodes"), "1");
  assert.equal(await valueOf(status, "nodeping_sync_unusable_nodes"), "1");
  const seen = await valueOf(status, "nodeping_sync_last_success_timestamp_seconds");
  assert.equal(seen, "1700000000");
});
