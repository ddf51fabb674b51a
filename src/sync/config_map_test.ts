import assert from "node:assert/strict";
import type { LiveConfigMap } from "../kubernetes/config_map.ts";
import { syncConfigMap } from "./config_map.ts";
import type { SyncReport } from "./report.ts";
import { defaultSettings } from "./settings.ts";

const node = {
  name: "a",
  addresses: [{ type: "InternalIP", address: "10.0.0.1" }],
  ...{ cordoned: false, excluded: false },
};
const list = JSON.stringify([{ name: "a", ipAddress: "10.0.0.1" }]);

/** One run over what the ConfigMap holds, and what was written. */
async function synced(text: string | undefined, isSwitchedOff = false): Promise<{
  report: SyncReport | Error;
  written: string[];
}> {
  const written: string[] = [];
  const configMap: LiveConfigMap = {
    read: () => Promise.resolve({ text, resourceVersion: "1", isSwitchedOff }),
    write: (next) => Promise.resolve(void written.push(next)),
  };
  const report = await syncConfigMap({
    ...{ name: "live", configMap, settings: defaultSettings },
    nodes: () => Promise.resolve([node]),
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
