import assert from "node:assert/strict";
import type { LiveConfigMap } from "../kubernetes/config_map.ts";
import type { ClusterNode } from "../kubernetes/nodes.ts";
import type { NodeEntry } from "../nodes/node_list.ts";
import { makeSyncStatus, syncConfigMap } from "./in_cluster.ts";
import type { SyncStatus } from "./in_cluster.ts";
import type { SyncReport } from "./report.ts";
import { FakeClock } from "../../tests/fakes/clock.ts";
import { systemClock } from "../platform/clock.ts";
import { defaultSettings } from "./settings.ts";

const node = {
  name: "a",
  addresses: [{ type: "InternalIP", address: "10.0.0.1" }],
  ...{ cordoned: false, excluded: false, taints: [], deleting: false, terminating: false },
};
const list = JSON.stringify([{ name: "a", ipAddress: "10.0.0.1" }]);

/** One run over what the ConfigMap holds, and what was written. */
async function synced(
  text: string | undefined,
  isSwitchedOff = false,
  releaseNodes: readonly NodeEntry[] = [],
  nodes: readonly ClusterNode[] = [node],
): Promise<{ report: SyncReport | Error; written: string[] }> {
  const written: string[] = [];
  const configMap: LiveConfigMap = {
    read: () => Promise.resolve({ text, resourceVersion: "1", isSwitchedOff }),
    write: (next) => Promise.resolve(void written.push(next)),
  };
  const report = await syncConfigMap({
    ...{ name: "live", configMap, settings: defaultSettings },
    nodes: () => Promise.resolve(nodes),
    releaseNodes: () => Promise.resolve(releaseNodes),
    onReached: () => {},
    signal: new AbortController().signal,
  }).catch((error: Error) => error);
  return { report, written };
}

Deno.test("syncConfigMap() writes nothing once the chart has switched the sync off", async () => {
  const { report, written } = await synced(undefined, true);
  assert.match(String(report), /ConfigMap "live" says that sync\.enabled is off/);
  assert.deepEqual(written, []);
});

Deno.test("syncConfigMap() writes a list that is missing, empty or broken, and leaves one that is right", async () => {
  for (const text of [undefined, "[]", "{", '[{"name": "a"}]']) {
    const { report, written } = await synced(text);
    assert.ok(!(report instanceof Error), String(report));
    assert.deepEqual([report.action, written], ["written", [list]], text);
  }
  const { report, written } = await synced(list);
  assert.deepEqual([!(report instanceof Error) && report.action, written], ["none", []]);
});

Deno.test("syncConfigMap() guards a first or invalid live list against the release's own", async () => {
  const forty = Array.from({ length: 40 }, (_, i) => ({ name: `n${i}`, ipAddress: `10.0.0.${i}` }));
  for (const text of [undefined, "[]", "{"]) {
    const { report, written } = await synced(text, false, forty);
    assert.match(String(report), /would shrink from 40 to 1 nodes.*nodePing\.maxShrink/);
    assert.deepEqual(written, []);
  }
  // Once the live list is the sync's, the release's older one says nothing any more.
  const { written } = await synced('[{"name":"b","ipAddress":"10.0.0.2"}]', false, forty);
  assert.deepEqual(written, [list]);
});

Deno.test("syncConfigMap() keeps an address in use, whichever comes first", async () => {
  const two = ["10.0.0.9", "10.0.0.1"].map((address) => ({ type: "InternalIP", address }));
  const used = [{ name: "a", ipAddress: "10.0.0.1" }];
  for (const [text, releaseNodes] of [[list, []], [undefined, used]] as const) {
    const { report } = await synced(text, false, releaseNodes, [{ ...node, addresses: two }]);
    assert.deepEqual(!(report instanceof Error) && report.nodes, used);
  }
});

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

Deno.test("SyncStatus is ready once the API server was reached, also where the guard refuses", async () => {
  const clock = new FakeClock();
  const status = makeSyncStatus(clock);
  status.failed();
  assert.match(status.endpoints.unready() ?? "", /cannot be read from the API server/);
  for (let run = 0; run < 5; run++) {
    status.reached();
    status.failed();
    await clock.advance(300_000);
    assert.equal(status.endpoints.unready(), undefined);
  }
});

Deno.test("SyncStatus is unready where the API server was not reached for ten minutes, and ready again after that", async () => {
  const clock = new FakeClock();
  const status = makeSyncStatus(clock);
  status.reached();
  status.succeeded(report);
  await clock.advance(3_600_000);
  // One failed run after a quiet hour is no outage of an hour.
  status.failed();
  assert.equal(status.endpoints.unready(), undefined);
  await clock.advance(599_000);
  status.failed();
  assert.equal(status.endpoints.unready(), undefined);
  await clock.advance(1_000);
  assert.match(status.endpoints.unready() ?? "", /cannot be read from the API server/);
  status.reached();
  assert.equal(status.endpoints.unready(), undefined);
});

Deno.test("SyncStatus counts failures, and shows when the list was last in step", async () => {
  const status = makeSyncStatus({ ...systemClock, wallMs: () => 1_700_000_000_900 });
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
