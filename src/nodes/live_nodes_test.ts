import assert from "node:assert/strict";
import { livePathOf, mergeLiveNodes } from "./live_nodes.ts";
import type { NodeListChange } from "./node_list_watch.ts";

const missing: NodeListChange = { kind: "unreadable", error: new Error("gone") };
const invalid: NodeListChange = { kind: "invalid", problems: ["Bad"] };

function list(nodes: string[], hosts: string[] = []): NodeListChange {
  return {
    kind: "valid",
    list: {
      nodes: nodes.map((name) => ({ name, ipAddress: "10.0.0.1" })),
      externalTargets: hosts.map((host) => ({ name: host, host })),
    },
    warnings: [],
  };
}

Deno.test("mergeLiveNodes() takes nodes from the live list and external targets from the other", () => {
  assert.deepEqual(
    mergeLiveNodes(list(["old"], ["x"]), list(["new"], ["y"])),
    list(["new"], ["x"]),
  );
  assert.deepEqual(mergeLiveNodes(missing, list(["new"])), list(["new"]));
});

Deno.test("mergeLiveNodes() does without a live list, or with one that has no nodes", () => {
  assert.deepEqual(mergeLiveNodes(list(["old"]), undefined), list(["old"]));
  assert.deepEqual(mergeLiveNodes(list(["old"]), list([])), list(["old"]));
  assert.deepEqual(mergeLiveNodes(missing, undefined), missing);
  assert.deepEqual(mergeLiveNodes(missing, list([])), missing);
});

Deno.test("mergeLiveNodes() does not hide a live list that cannot be read", () => {
  assert.deepEqual(mergeLiveNodes(list(["old"]), missing), missing);
});

Deno.test("livePathOf() is beside the list", () => {
  assert.equal(livePathOf("/config/nodes.json"), "/config/live/nodes.json");
});

Deno.test("mergeLiveNodes() reports the problems of both", () => {
  assert.deepEqual(mergeLiveNodes(invalid, invalid), {
    kind: "invalid",
    problems: ["Bad", "Live list: Bad"],
  });
  assert.equal(mergeLiveNodes(list(["old"]), invalid).kind, "invalid");
});

Deno.test("mergeLiveNodes() gives the warnings of both", () => {
  const warned = (name: string): NodeListChange => ({
    ...list([name]),
    ...{ warnings: [`Warning of ${name}`] },
  });
  const merged = mergeLiveNodes(warned("old"), warned("new"));
  assert.ok(merged.kind === "valid");
  assert.deepEqual(merged.warnings, ["Warning of old", "Warning of new"]);
});
