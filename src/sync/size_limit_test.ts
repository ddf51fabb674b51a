/** A list that no ConfigMap holds is refused before anything is written. @module */

import assert from "node:assert/strict";
import type { LiveConfigMap } from "../kubernetes/config_map.ts";
import type { ClusterNode } from "../kubernetes/nodes.ts";
import { systemClock } from "../platform/clock.ts";
import { syncConfigMap } from "./in_cluster.ts";
import type { Helm } from "./helm.ts";
import { defaultSettings, readSyncOptions } from "./settings.ts";
import { syncRelease } from "./upgrade.ts";

const { signal } = new AbortController();
const refusal = /The list of 20000 addresses has 1\d{6} bytes.*ConfigMap holds 1 MiB/;

function nodes(count: number): readonly ClusterNode[] {
  return Array.from({ length: count }, (_, index) => {
    const address = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
    return {
      name: `ip-${address.replaceAll(".", "-")}.eu-central-1.compute.internal`,
      addresses: [{ type: "InternalIP", address }],
      zone: `eu-central-1${"abc"[index % 3]}`,
      cordoned: false,
      taints: [],
      deleting: false,
      terminating: false,
      excluded: false,
    };
  });
}

Deno.test("syncConfigMap() writes a large list grouped, once, and refuses one that is too large", async () => {
  let text: string | undefined;
  let writes = 0;
  const configMap: LiveConfigMap = {
    read: () => Promise.resolve({ text, resourceVersion: "1", isSwitchedOff: false }),
    write: (next) => {
      text = next;
      writes++;
      return Promise.resolve();
    },
  };
  const sync = (count: number) =>
    syncConfigMap({
      releaseNodes: () => Promise.resolve([]),
      onReached: () => {},
      ...{ name: "live", configMap, settings: defaultSettings, signal },
      nodes: () => Promise.resolve(nodes(count)),
    });
  assert.equal((await sync(10_000)).action, "written");
  assert.match(text ?? "", /^\{"cluster_targets_by_zone":/);
  assert.equal((await sync(10_000)).action, "none");
  await assert.rejects(sync(20_000), refusal);
  assert.equal(writes, 1);
});

Deno.test("syncRelease() refuses a list that is too large before it upgrades", async () => {
  const calls: string[] = [];
  const answers: Readonly<Record<string, unknown>> = {
    "history": [{ revision: 1, status: "deployed", chart: "nodeping-0.1.0", description: "" }],
    "get": {},
  };
  const manifest = 'kind: ConfigMap\nmetadata: {name: c}\ndata: {nodes.json: "[]"}\n';
  const note = ([command = ""]: readonly string[]): string => {
    calls.push(command);
    return command;
  };
  const helm: Helm = {
    major: 4,
    read: (args) => Promise.resolve((note(args), manifest)),
    readJson: (args) => Promise.resolve(answers[note(args)]),
    write: (args) => Promise.resolve(note(args)),
  };
  const parsed = readSyncOptions(["np"]);
  assert.ok(parsed.kind === "valid");
  const deps = {
    ...{ helm, namespace: "n", clock: systemClock, signal, onNotice: () => {} },
    nodes: () => Promise.resolve(nodes(20_000)),
    listText: () => Promise.resolve({ kind: "missing" as const }),
  };
  await assert.rejects(syncRelease(deps, parsed.settings), refusal);
  assert.deepEqual(calls, ["history", "get", "get"]);
});
